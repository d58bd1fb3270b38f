import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';

/** Returns the path of a file in deploy/. */
export function deployPath(path: string): string {
  return fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));
}

export function readDeployed(path: string): string {
  return readFileSync(deployPath(path), 'utf8');
}

export function parseDeployed(path: string): unknown {
  return parse(readDeployed(path));
}

/** Returns the documents of a file with Kubernetes manifests. */
export function parseManifests(path: string): Manifest[] {
  return parseAllDocuments(readDeployed(path)).map((document) => document.toJS() as Manifest);
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What the tests read of compose.yaml. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, null>>;
}

export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly command?: readonly string[];
}

/** Variables of the example service that are not in .env.example because OpenTelemetry defines them. */
const STANDARD = /^(?:NODE_ENV|OTEL_[A-Z_]+)$/;

/** Returns the variables that the example service does not read. */
export function unknownVariables(names: readonly string[]): string[] {
  const example = readDeployed('../.env.example');
  return names.filter((name) => !STANDARD.test(name) && !new RegExp(`^#? ?${name}=`, 'm').test(example));
}
