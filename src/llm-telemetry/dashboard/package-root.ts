import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
// By namespace: see `check-node.ts`.
import * as util from 'node:util';

/**
 * The folder of this package, from whichever of its builds this runs: neither `import.meta` nor `__dirname` is in both.
 * `null`: it is not to be found, as in a bundle.
 */
export function packageRoot(): string | null {
  const here = util.getCallSites(1, { sourceMap: false })[0]?.scriptName ?? '';
  let folder = dirname(here.startsWith('file:') ? fileURLToPath(here) : here);
  for (;;) {
    if (nameIn(join(folder, 'package.json')) === 'nestjs-llm-telemetry') return folder;
    const above = dirname(folder);
    if (above === folder) return null;
    folder = above;
  }
}

/** The version in this package's `package.json`; `null`: it is not to be found. */
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
