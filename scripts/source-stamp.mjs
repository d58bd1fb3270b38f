import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A hash of all that a build is made from: the same stamp, the same output. Call it in the project's folder. */
export function sourceStamp() {
  const hash = createHash('sha256');
  const files = readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  for (const file of [
    'package.json',
    'scripts/build.mjs',
    'scripts/build-page.mjs',
    'tsconfig.json',
    'tsconfig.build.json',
    'tsconfig.cjs.json',
    ...files.sort(),
  ]) {
    hash.update(file).update(readFileSync(file));
  }
  return hash.digest('hex');
}
