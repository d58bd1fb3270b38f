/**
 * Builds `dist`: the library as ES modules and as CommonJS, each with its types, the dashboard's page, and the example
 * service (ES modules only, not published).
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { buildPage } from './build-page.mjs';
import { sourceStamp } from './source-stamp.mjs';
import { trimDeclarations } from './trim-declarations.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
// Computed first: if sources change during the build, they do not match the stamp.
const stamp = sourceStamp();
rmSync('dist', { recursive: true, force: true });

for (const project of ['tsconfig.build.json', 'tsconfig.cjs.json']) {
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
withoutComments('dist/esm/llm-telemetry', ts.ModuleKind.ESNext);
withoutComments('dist/cjs/llm-telemetry', ts.ModuleKind.CommonJS);
// Declarations that no entry point reaches take up a fifth of the packed size.
for (const format of ['esm', 'cjs']) trimDeclarations(`dist/${format}/llm-telemetry`, declarationsOf(format));
// The package's type is `module`, so ES modules need no such file. It would hide the package name from the example.
writeFileSync('dist/cjs/package.json', '{"type":"commonjs"}\n');
await buildPage();
writeFileSync('dist/.source-stamp', stamp);

/**
 * Removes comments from the JavaScript, which take up a fifth of the packed size. The declarations keep them for
 * editors: the compiler's own `removeComments` would remove them there too.
 */
function withoutComments(folder, module) {
  for (const file of globSync(`${folder}/**/*.js`)) {
    const options = { removeComments: true, target: ts.ScriptTarget.ES2023, module };
    const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), { compilerOptions: options });
    writeFileSync(file, outputText);
  }
}

/** Returns the declaration files of the entry points. */
function declarationsOf(format) {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
  return JSON.stringify(exports)
    .match(/[^"]+\.d\.ts/g)
    .filter((file) => file.includes(`/dist/${format}/`));
}
