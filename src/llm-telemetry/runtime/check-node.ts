/**
 * The oldest supported version of Node.js, as `<major>.<minor>`.
 *
 * Every entry point imports `require-node.ts` first, so that the check runs before any module that uses a newer API is
 * evaluated. Modules that an entry point imports must import newer functions of Node.js by namespace
 * (`import * as util`), because a missing named export fails before any code runs.
 */
export const MINIMUM_NODE = '22.15';

/** Returns the error message for an unsupported version of Node.js; `null` if the version is supported. */
export function unsupportedNode(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = MINIMUM_NODE.split('.').map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return null;
  return `nestjs-llm-telemetry requires Node.js ${MINIMUM_NODE} or later, but this is Node.js ${version}.`;
}
