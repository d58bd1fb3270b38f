/**
 * Builds `dist`: the bundled library with its types, the dashboard's page, the example service, and the compiled modules
 * of the library, which only tests and benchmarks use. The last two are not published.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage } from './build-page.mjs';
import { bundle } from './bundle.mjs';
import { entryPoints } from './entry-points.mjs';
import { sourceStamp } from './source-stamp.mjs';
import { trimDeclarations } from './trim-declarations.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
// Computed first: if sources change during the build, they do not match the stamp.
const stamp = sourceStamp();
rmSync('dist', { recursive: true, force: true });

const { status } = spawnSync(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  { stdio: 'inherit' },
);
if (status !== 0) process.exit(status ?? 1);
mkdirSync('dist/esm');
renameSync('dist/modules/example', 'dist/esm/example');

await bundle(
  entryPoints().map(({ source }) => source.replace('./src/llm-telemetry/', '').replace(/\.ts$/, '')),
);
copyDeclarations('dist/modules/llm-telemetry', 'dist/cjs/llm-telemetry');
// Declarations that no entry point reaches take up a fifth of the packed size.
trimDeclarations(
  'dist/cjs/llm-telemetry',
  entryPoints().map(({ declarations }) => declarations.replace('/dist/esm/', '/dist/cjs/')),
);
// The package's type is `module`, so ES modules need no such file. It would hide the package name from the example.
writeFileSync('dist/cjs/package.json', '{"type":"commonjs"}\n');
await buildPage();
writeFileSync('dist/.source-stamp', stamp);

/** Copies declarations, without imports for effects: there are no modules to import. */
function copyDeclarations(from, to) {
  for (const file of globSync(`${from}/**/*.d.ts`)) {
    const copy = file.replace(from, to);
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, readFileSync(file, 'utf8').replaceAll(/^import '[^']+';$/gm, 'export {};'));
  }
}
