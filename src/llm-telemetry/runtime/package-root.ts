import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
// By namespace: see `check-node.ts`.
import * as modules from 'node:module';
import * as util from 'node:util';

/**
 * Returns the folder of this package, in the ESM and the CommonJS build: neither `import.meta` nor `__dirname` exists
 * in both. In a bundle, returns the installed package that the bundle or the process can resolve; `null` if there is
 * none.
 */
export function packageRoot(): string | null {
  const here = util.getCallSites(1, { sourceMap: false })[0]?.scriptName ?? '';
  const file = here.startsWith('file:') ? fileURLToPath(here) : here;
  return folderAbove(file) ?? installedBeside(file) ?? installedBeside(join(process.cwd(), 'main.js'));
}

function installedBeside(file: string): string | null {
  try {
    // Not `createRequire(file).resolve(…)`: webpack replaces it when it builds the bundle.
    const manifest = modules.findPackageJSON('nestjs-llm-telemetry', pathToFileURL(file));
    return manifest === undefined ? null : dirname(manifest);
  } catch {
    return null;
  }
}

function folderAbove(file: string): string | null {
  let folder = dirname(file);
  for (;;) {
    if (nameIn(join(folder, 'package.json')) === 'nestjs-llm-telemetry') return folder;
    const above = dirname(folder);
    if (above === folder) return null;
    folder = above;
  }
}

/** Finds the nearest package.json with a name in a folder or its parents; `null` if there is none. */
export function manifestAbove(
  start: string,
): { readonly name: string; readonly version: string | null } | null {
  for (let folder = start; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    const name = readableName(manifest);
    if (name !== null) return { name, version: field(manifest, 'version') };
    if (dirname(folder) === folder) return null;
  }
}

/** Returns the package name; `null` if the file cannot be read or parsed. */
function readableName(manifest: string): string | null {
  try {
    return nameIn(manifest);
  } catch {
    return null;
  }
}

/** Returns the version in this package's `package.json`; `null` if it was not found. */
export function packageVersion(root: string | null): string | null {
  return root === null ? null : field(join(root, 'package.json'), 'version');
}

function nameIn(manifest: string): string | null {
  return existsSync(manifest) ? field(manifest, 'name') : null;
}

function field(manifest: string, name: 'name' | 'version'): string | null {
  const value = (JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : null;
}
