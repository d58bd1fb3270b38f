/**
 * Checks commit messages against Conventional Commits (`commitlint.config.mjs`): all commits since the one that
 * introduced the rule, or only the latest commit if a shallow clone does not contain that one. With a range as argument,
 * only the commits of the range.
 *
 *     npm run commits:check
 *     npm run commits:check -- main..HEAD
 */
import { spawnSync } from 'node:child_process';

const CONFIG = 'commitlint.config.mjs';

const git = (...args) => spawnSync('git', args, { encoding: 'utf8' });

if (git('rev-parse', '--is-inside-work-tree').status !== 0) {
  console.log('Not a git repository: no commits are checked.');
  process.exit(0);
}
const [range, ...others] = process.argv.slice(2);
if (others.length > 0 || (range !== undefined && !/^[^.-].*\.\..+$/.test(range))) {
  console.error(
    `Invalid range "${process.argv.slice(2).join(' ')}". Expected: <from>..<to>, for example main..HEAD.`,
  );
  process.exit(1);
}
const [from, to] = range === undefined ? [sinceRule(), 'HEAD'] : range.split('..');
const counted = git('rev-list', '--count', `${from}..${to}`);
if (range !== undefined && counted.status !== 0) {
  console.error(`Unknown range "${range}": ${counted.stderr.trim()}`);
  process.exit(1);
}
const count = from === '' ? 0 : Number(counted.stdout);
if (range !== undefined && count === 0) {
  console.log('No commits to check.');
  process.exit(0);
}
console.log(count > 0 ? `Checking ${count} commits.` : 'Checking the latest commit.');
const commits = count > 0 ? ['--from', from, '--to', to] : ['--last'];
const { status } = spawnSync(process.execPath, ['node_modules/@commitlint/cli/cli.js', ...commits], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

/** Returns the commit that introduced the rule. In a shallow clone, the oldest available commit appears to add every file. */
function sinceRule() {
  const added = git('log', '--diff-filter=A', '--format=%H', '--', CONFIG).stdout;
  return added.trim().split('\n').at(-1);
}
