/** Copies the built library to a folder of its own, with the same packages, and imports the copy. */
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder;

/** Imports an entry point of the copy, by its compiled module without ending. */
export function importCopy(entry) {
  folder ??= createCopy();
  return import(pathToFileURL(join(folder, `dist/esm/llm-telemetry/${entry}.js`)).href);
}

function createCopy() {
  const copy = mkdtempSync(join(tmpdir(), 'copy-of-library-'));
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
  for (const path of ['package.json', 'dist/esm/llm-telemetry', 'dist/cjs'])
    cpSync(join(root, path), join(copy, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  return copy;
}
