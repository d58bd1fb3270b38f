import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
// By namespace: see `check-node.ts`.
import * as modules from 'node:module';
import * as util from 'node:util';

const NAME = 'nestjs-llm-telemetry';

/**
 * Returns the folder of this package, as compiled and as bundled: neither `import.meta` nor `__dirname` exists in
 * both. In a bundle, returns the installed package that the bundle or the process can resolve; `null` if there is
 * none.
 */
export function packageRoot(): string | null {
  const here = util.getCallSites(1, { sourceMap: false })[0]?.scriptName ?? '';
  const file = here.startsWith('file:') ? fileURLToPath(here) : here;
  // Before `findPackageJSON`, which finds neither a linked package nor packages in the archives of Yarn.
  for (const { folder, name } of manifestsAbove(dirname(file))) if (name === NAME) return folder;
  return installedBeside(file) ?? installedBeside(join(process.cwd(), 'main.js'));
}

function installedBeside(file: string): string | null {
  try {
    // Not `createRequire(file).resolve(…)`: webpack replaces it when it builds the bundle.
    const manifest = modules.findPackageJSON(NAME, pathToFileURL(file));
    return manifest === undefined ? null : dirname(manifest);
  } catch {
    return null;
  }
}

/** Returns the version in this package's `package.json`; `null` if it was not found. */
export function packageVersion(root: string | null): string | null {
  return root === null ? null : (readManifest(root)?.version ?? null);
}

/** Returns the version of a package that this package depends on; `null` in a bundle, if it is not installed beside it. */
export function installedVersion(name: string): string | null {
  for (let folder = packageRoot() ?? process.cwd(); ; folder = dirname(folder)) {
    const manifest = readManifest(join(folder, 'node_modules', name));
    if (manifest?.name === name) return manifest.version;
    if (dirname(folder) === folder) return null;
  }
}

/** Name and version in a `package.json`. */
export interface PackageManifest {
  readonly name: string;
  readonly version: string | null;
}

/** Finds the nearest package.json with a name in a folder or its parents; `null` if there is none. */
export function manifestAbove(start: string): PackageManifest | null {
  for (const manifest of manifestsAbove(start)) return manifest;
  return null;
}

function* manifestsAbove(start: string): Generator<PackageManifest & { readonly folder: string }> {
  for (let folder = start; ; folder = dirname(folder)) {
    const manifest = readManifest(folder);
    if (manifest !== null) yield { ...manifest, folder };
    if (dirname(folder) === folder) return;
  }
}

/** Returns `null` if the file is missing, cannot be parsed, or has no name. */
function readManifest(folder: string): PackageManifest | null {
  try {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    return typeof name === 'string' ? { name, version: typeof version === 'string' ? version : null } : null;
  } catch {
    return null;
  }
}
