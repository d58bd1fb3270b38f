/**
 * Checks README.md, CONTRIBUTING.md and docs: compiles and runs every code block against the packed library, and
 * follows every link into the repository. Checks that docs/performance.md is generated from the stored results. See
 * test/docs/README.md.
 *
 *     npm run docs:check
 *     npm run docs:check -- docs/alerts.md      only this document
 */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blocksOf, documents, findBlock } from './blocks.mjs';
import { Consumer, packLibrary } from './consumer.mjs';
import { checkLinks } from './links.mjs';
import { outdatedPerformanceFiles } from './performance.mjs';
import { allowedReason, Treatments } from './treatments.mjs';

const problems = [];
/** @type {Record<'executed' | 'allowed' | 'other', { block: any, reason?: string }[]>} */
const outcomes = { executed: [], allowed: [], other: [] };
const workspace = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-docs-'));
const files = process.argv.length > 2 ? process.argv.slice(2) : documents();
const blocks = files.flatMap(blocksOf);

const install = findBlock('install');
const isTypeScript = ({ language }) => language === 'ts';
const isReadme = ({ file }) => file === 'README.md';

for (const file of files) {
  const { checked, external, broken } = checkLinks(file, { absolute: file === 'README.md' });
  problems.push(...broken);
  console.log(`${file}: ${checked} links into the repository, ${external} to other sites (not followed)`);
}

if (files.includes('docs/performance.md')) problems.push(...(await outdatedPerformanceFiles()));

const tarball = await packLibrary(workspace);
const esm = new Consumer(workspace, 'nest12-esm');
const cjs = new Consumer(workspace, 'nest11-cjs');
const treatments = new Treatments({ root: process.cwd(), workspace, tarball, project: esm.folder });
try {
  for (const consumer of [esm, cjs])
    await consumer.create(install.code, (...args) => treatments.shell(...args));
  const failures = await compileTypeScript();
  for (const block of blocks) await attempt(block, () => treat(block, failures));
} finally {
  await treatments.stop();
  await rm(workspace, { recursive: true, force: true });
}

for (const { block, reason } of outcomes.allowed)
  console.log(`allowed  ${block.file}:${block.line}: ${reason}`);
for (const problem of problems) console.error(`\n${problem}`);
const { executed, allowed, other } = outcomes;
console.log(`\n${executed.length} executed, ${allowed.length} allowed, ${other.length} other`);
process.exitCode = problems.length + other.length > 0 ? 1 : 0;

/** Compiles all TypeScript blocks. Blocks of the README are also compiled in the CommonJS project. */
async function compileTypeScript() {
  const failures = new Map();
  for (const consumer of [esm, cjs]) {
    const own = blocks.filter((block) => isTypeScript(block) && (consumer === esm || isReadme(block)));
    for (const block of own) consumer.write(block);
    for (const [name, errors] of await consumer.compile()) {
      if (own.every((block) => block.name !== name)) problems.push(`${consumer.name}: ${errors.join('\n')}`);
      failures.set(name, [
        ...(failures.get(name) ?? []),
        ...errors.map((text) => `${consumer.name}: ${text}`),
      ]);
    }
  }
  return failures;
}

async function treat(block, failures) {
  // Already executed when the projects were created.
  if (block.directive === 'install') return void outcomes.executed.push({ block });
  const reason = allowedReason(block);
  if (reason !== undefined) return void outcomes.allowed.push({ block, reason });
  if (isTypeScript(block) && /^(compile|run)\b/.test(block.directive)) return typeScript(block, failures);
  const treatment = treatments.for(block);
  if (treatment === undefined) {
    outcomes.other.push({ block });
    throw new Error(`no treatment for language "${block.language}" with the directive "${block.directive}"`);
  }
  await treatment(block);
  outcomes.executed.push({ block });
}

async function typeScript(block, failures) {
  const errors = failures.get(block.name) ?? [];
  if (errors.length > 0) throw new Error(errors.join('\n'));
  const [verb, ...args] = block.directive.split(' ');
  const consumers = isReadme(block) ? [esm, cjs] : [esm];
  if (verb === 'run') for (const consumer of consumers) await consumer.execute(block, args);
  outcomes.executed.push({ block });
}

async function attempt(block, work) {
  try {
    await work();
    if (allowedReason(block) === undefined) console.log(`ok       ${where(block)}`);
  } catch (error) {
    problems.push(`${where(block)}: ${error.message}`);
  }
}

function where({ file, line, language, directive }) {
  return `${file}:${line} (${[language, directive].filter(Boolean).join(', ')})`;
}
