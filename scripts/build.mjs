/**
 * Builds `dist`: the library as ES modules and as CommonJS, each with its types, the dashboard's page, and the example
 * service (ES modules only, not published).
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildPage } from './build-page.mjs';
import { sourceStamp } from './source-stamp.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
// Before anything is read: what changes while this builds is not in it.
const stamp = sourceStamp();
rmSync('dist', { recursive: true, force: true });

for (const project of ['tsconfig.build.json', 'tsconfig.cjs.json']) {
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
// The package is of ES modules. A marker of their own there would hide the package's name from the example.
writeFileSync('dist/cjs/package.json', '{"type":"commonjs"}\n');
await buildPage();
writeFileSync('dist/.source-stamp', stamp);
