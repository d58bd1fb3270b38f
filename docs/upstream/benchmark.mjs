/**
 * Applies `is-any-value.patch` to the source of the installed `@opentelemetry/core`, checks that it accepts the same
 * values, and measures `setAttribute` with and without it, by turns in processes of their own: the least time and memory of
 * the rounds.
 *
 *     npm run bench:upstream
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import typescript from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = ['api', 'core', 'resources', 'sdk-trace', 'semantic-conventions'];
const COMPILED = 'node_modules/@opentelemetry/core/dist/common/attributes.cjs';
const SOURCE = 'packages/opentelemetry-core/src/common/attributes.ts';
const ROUNDS = 7;
const SPANS = 2000;
const WARM_UP_SPANS = 5000;
const VALUES = { text: 'gpt-4o-mini', number: 210, 'array of texts': ['stop'] };

if (process.argv[2] === undefined) compare();
else measure(process.argv[2]);

function compare() {
  const workspace = mkdtempSync(join(tmpdir(), 'is-any-value-'));
  try {
    const folders = {
      before: prepare(join(workspace, 'before'), false),
      after: prepare(join(workspace, 'after'), true),
    };
    checkSameValues(folders);
    const results = { before: [], after: [] };
    for (let round = 0; round < ROUNDS; round++)
      for (const [name, folder] of Object.entries(folders)) results[name].push(run(folder));
    for (const kind of Object.keys(VALUES)) {
      const of = (name, measure) => Math.min(...results[name].map((result) => result[kind][measure]));
      print(
        `setAttribute with a ${kind}: ${of('before', 'us').toFixed(3)} µs and ${of('before', 'bytes').toFixed(0)} bytes ` +
          `before, ${of('after', 'us').toFixed(3)} µs and ${of('after', 'bytes').toFixed(0)} bytes after`,
      );
    }
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}

/** Copies the SDK, and compiles the source of `attributes.ts`, which is in its source map. */
function prepare(folder, patched) {
  for (const name of PACKAGES)
    cpSync(
      join(ROOT, 'node_modules/@opentelemetry', name),
      join(folder, 'node_modules/@opentelemetry', name),
      {
        recursive: true,
      },
    );
  const source = join(folder, SOURCE);
  mkdirSync(join(source, '..'), { recursive: true });
  writeFileSync(source, JSON.parse(readFileSync(join(ROOT, `${COMPILED}.map`), 'utf8')).sourcesContent[0]);
  const patch = fileURLToPath(new URL('is-any-value.patch', import.meta.url));
  if (patched) execFileSync('git', ['apply', patch], { cwd: folder });
  const { outputText } = typescript.transpileModule(readFileSync(source, 'utf8'), {
    compilerOptions: {
      module: typescript.ModuleKind.CommonJS,
      target: typescript.ScriptTarget.ES2022,
    },
  });
  writeFileSync(join(folder, COMPILED), outputText);
  return folder;
}

/** @throws Error if one version accepts a value that the other rejects. */
function checkSameValues({ before, after }) {
  const circular = { list: [] };
  circular.list.push(circular);
  const ownItem = [1];
  ownItem.push(ownItem);
  const shared = { a: 1 };
  // prettier-ignore
  const values = [
    'text', 1, NaN, true, null, undefined, 1n, Symbol('s'), () => {}, new Date(), /x/, new Map(), new Uint8Array(2),
    [], ['a', 'b'], ['a', 1, null, undefined], [1n], [() => {}], [[1], [2]], [new Uint8Array(1)], Array(1),
    {}, { a: undefined }, { a: [{ b: 'c' }] }, Object.create(null), [shared, shared], { one: shared, other: shared },
    circular, ownItem, [new Date()], { a: 1n },
  ];
  const [was, is] = [before, after].map(
    (folder) => createRequire(join(folder, 'x.js'))('@opentelemetry/core').isAnyValue,
  );
  for (const [index, value] of values.entries())
    if (was(value) !== is(value)) throw new Error(`Value ${index} is accepted by one version only.`);
  print(`${values.length} values are accepted or rejected as before`);
}

function run(folder) {
  // With a large new space, nothing is collected in between, so the growth of the heap is what was allocated.
  const options = ['--expose-gc', '--max-semi-space-size=512', '--min-semi-space-size=512'];
  return JSON.parse(
    execFileSync(process.execPath, [...options, fileURLToPath(import.meta.url), folder]).toString(),
  );
}

function measure(folder) {
  const require = createRequire(pathToFileURL(join(folder, 'x.js')));
  const { TracerProvider } = require('@opentelemetry/sdk-trace');
  const tracer = new TracerProvider().getTracer('benchmark');
  const keys = Array.from({ length: 20 }, (_, index) => `key.${index}`);
  const results = {};
  // Twice: the first time, the system provides the pages of the heap.
  for (const [kind, value] of [...Object.entries(VALUES), ...Object.entries(VALUES)]) {
    const spans = (count) => Array.from({ length: count }, () => tracer.startSpan('span'));
    for (const span of spans(WARM_UP_SPANS)) for (const key of keys) span.setAttribute(key, value);
    const measured = spans(SPANS);
    globalThis.gc();
    const heap = process.memoryUsage().heapUsed;
    const start = performance.now();
    for (const span of measured) for (const key of keys) span.setAttribute(key, value);
    const us = ((performance.now() - start) * 1000) / (SPANS * keys.length);
    results[kind] = { us, bytes: (process.memoryUsage().heapUsed - heap) / (SPANS * keys.length) };
  }
  print(JSON.stringify(results));
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
