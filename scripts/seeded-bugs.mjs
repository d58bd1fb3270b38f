/**
 * Seeds one bug at a time in a copy of the tree and checks that its tests fail. See test/seeded-bugs/README.md.
 *
 *     npm run test:seeded
 *     npm run test:seeded -- headers     only the bugs whose file name contains "headers"
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBugs, withBug } from '../test/seeded-bugs/seeded-bug.ts';

const root = join(import.meta.dirname, '..');
const nameFilter = process.argv[2] ?? '';
const bugs = (await loadBugs()).filter(({ name }) => name.includes(nameFilter));
const copy = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-seeded-'));
let missed = 0;
/** Test results without a bug, by test paths and environment. */
const resultsWithoutBug = new Map();

try {
  copyTree();
  for (const bug of bugs) {
    const reason = missReason(bug);
    console.log(reason === null ? `noticed  ${bug.title}` : `MISSED   ${bug.title}: ${reason}`);
    if (reason !== null) missed++;
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`\n${bugs.length - missed} of ${bugs.length} seeded bugs were noticed`);
process.exitCode = missed > 0 || bugs.length === 0 ? 1 : 0;

/** Copies the sources. Installed packages and build output are linked, because bugs change only sources. */
function copyTree() {
  const linked = new Set(['node_modules', 'dist']);
  cpSync(root, copy, {
    recursive: true,
    filter: (path) => !linked.has(path.split('/').at(-1)) && !path.startsWith(join(root, '.git/')),
  });
  for (const path of ['node_modules', 'dist', 'test/sdks/node_modules', 'test/contexts/node_modules'])
    symlinkSync(join(root, path), join(copy, path));
}

/** Returns why the tests do not detect the bug, or null if they do. Tests that fail without the bug detect nothing. */
function missReason(bug) {
  const path = join(copy, bug.file);
  const source = readFileSync(path, 'utf8');
  let seeded;
  try {
    seeded = withBug(source, bug);
  } catch (error) {
    return error.message;
  }
  const before = runWithoutBug(bug);
  if (before.status !== 0) return `the tests fail without it\n${tail(before.output)}`;
  writeFileSync(path, seeded);
  try {
    const { status, output } = run(bug);
    if (status === 0 || !/^Tests: +\d+ failed/m.test(output))
      return `${bug.tests.join(', ')} passed, or did not run\n${tail(output)}`;
    if (bug.output && !bug.output.test(output))
      return `the tests failed with other output than ${bug.output}\n${tail(output)}`;
    return null;
  } finally {
    writeFileSync(path, source);
  }
}

/** Runs the tests without a bug, once for all bugs with the same tests. */
function runWithoutBug(bug) {
  const key = JSON.stringify([bug.tests, bug.env]);
  if (!resultsWithoutBug.has(key)) resultsWithoutBug.set(key, run(bug));
  return resultsWithoutBug.get(key);
}

function run({ tests, env }) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--ci',
      '-i',
      '--runTestsByPath',
      ...tests,
    ],
    { cwd: copy, encoding: 'utf8', env: { ...process.env, ...env }, timeout: 300_000 },
  );
  return { status, output: `${stdout}${stderr}` };
}

function tail(output) {
  return output.slice(-4000);
}
