/**
 * Stops an unsupported Node with one sentence. The first import of every entry point: it runs before any module that uses
 * a newer API is evaluated. Modules that are reached from an entry point import newer functions of Node by namespace
 * (`import * as util`), because a missing named export fails before anything runs.
 */
export const MINIMUM_NODE = '22.15';

/** Returns the sentence for an unsupported version of Node; `null` if it is supported. */
export function unsupportedNode(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = MINIMUM_NODE.split('.').map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return null;
  return `nestjs-llm-telemetry requires Node.js ${MINIMUM_NODE} or later, but this is Node.js ${version}.`;
}
