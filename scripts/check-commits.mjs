/**
 * Checks commit messages against Conventional Commits (`commitlint.config.mjs`): all commits since the one that
 * introduced the rule, or only the latest commit if a shallow clone does not contain that one.
 *
 *     npm run commits:check
 */
import { spawnSync } from 'node:child_process';

const CONFIG = 'commitlint.config.mjs';

const git = (...args) => spawnSync('git', args, { encoding: 'utf8' });

if (git('rev-parse', '--is-inside-work-tree').status !== 0) {
  console.log('Not a git repository: no commits are checked.');
  process.exit(0);
}
// In a shallow clone, the oldest available commit appears to add every file, so `since` is that commit.
const since = git('log', '--diff-filter=A', '--format=%H', '--', CONFIG).stdout.trim().split('\n').at(-1);
const count = since === '' ? 0 : Number(git('rev-list', '--count', `${since}..HEAD`).stdout);
const range = count > 0 ? ['--from', since, '--to', 'HEAD'] : ['--last'];
console.log(count > 0 ? `Checking ${count} commits.` : 'Checking the latest commit.');
const { status } = spawnSync(process.execPath, ['node_modules/@commitlint/cli/cli.js', ...range], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
