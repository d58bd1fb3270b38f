import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns a hash of all inputs of the build. Requires the project folder as working directory. */
export function sourceStamp() {
  const hash = createHash('sha256');
  const files = readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  for (const file of [
    'package.json',
    'scripts/build.mjs',
    'scripts/build-page.mjs',
    'scripts/bundle.mjs',
    'scripts/entry-points.mjs',
    'scripts/trim-declarations.mjs',
    'tsconfig.json',
    'tsconfig.build.json',
    ...files.sort(),
  ]) {
    hash.update(file).update(readFileSync(file));
  }
  return hash.digest('hex');
}
