/**
 * Builds `dist`: the library as ES modules and as CommonJS, each with its types, and the example service (ES modules
 * only, not published). A marker file in each folder tells Node and TypeScript which is which.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sourceStamp } from './source-stamp.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
rmSync('dist', { recursive: true, force: true });

for (const [folder, type, project] of [
  ['dist/esm', 'module', 'tsconfig.build.json'],
  ['dist/cjs', 'commonjs', 'tsconfig.cjs.json'],
]) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/package.json`, `${JSON.stringify({ type })}\n`);
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
writeFileSync('dist/.source-stamp', sourceStamp());
