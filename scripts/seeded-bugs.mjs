/**
 * Puts one bug at a time into a copy of the tree, and checks that the tests named for it fail. See
 * test/seeded-bugs/README.md.
 *
 *     npm run test:seeded
 *     npm run test:seeded -- headers     only the bugs whose file name contains "headers"
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'test/seeded-bugs/bugs');
const wanted = process.argv[2] ?? '';
const names = readdirSync(folder).filter((name) => name.endsWith('.mjs') && name.includes(wanted));
const copy = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-seeded-'));
const missed = [];
/** Results of tests without any bug. */
const results = new Map();

try {
  copyTree();
  for (const name of names) {
    const bug = (await import(join(folder, name))).default;
    const { noticed, reason } = attempt(bug);
    console.log(`${noticed ? 'noticed' : 'MISSED '}  ${bug.title}${noticed ? '' : `: ${reason}`}`);
    if (!noticed) missed.push(name);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`\n${names.length - missed.length} of ${names.length} seeded bugs were noticed`);
process.exitCode = missed.length > 0 || names.length === 0 ? 1 : 0;

/** Installed packages and build output are linked: only sources are changed. */
function copyTree() {
  const linked = new Set(['node_modules', 'dist']);
  cpSync(root, copy, {
    recursive: true,
    filter: (path) => !linked.has(path.split('/').at(-1)) && !path.startsWith(join(root, '.git/')),
  });
  for (const path of ['node_modules', 'dist', 'test/sdks/node_modules', 'test/contexts/node_modules'])
    symlinkSync(join(root, path), join(copy, path));
}

/** The tests have to pass without the bug: a test that fails anyway notices nothing. */
function attempt({ file, find, replace, tests }) {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  const places = source.split(find).length - 1;
  if (places !== 1)
    return { noticed: false, reason: `the code to replace stands ${places} times in ${file}` };
  const before = withoutBug(tests);
  if (before.status !== 0) return { noticed: false, reason: `the tests fail without it\n${before.output}` };
  writeFileSync(
    path,
    source.replace(find, () => replace),
  );
  try {
    const { status, output } = run(tests);
    const failed = /^Tests: +\d+ failed/m.test(output);
    return {
      noticed: status !== 0 && failed,
      reason: `${tests.join(', ')} passed, or did not run\n${output}`,
    };
  } finally {
    writeFileSync(path, source);
  }
}

/** Several bugs can be for the same tests. */
function withoutBug(tests) {
  const key = tests.join(' ');
  if (!results.has(key)) results.set(key, run(tests));
  return results.get(key);
}

function run(tests) {
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
    { cwd: copy, encoding: 'utf8', env: { ...process.env, CI: '' }, timeout: 300_000 },
  );
  return { status, output: `${stdout}${stderr}`.slice(-4000) };
}
