/**
 * Checks the messages of commits against Conventional Commits (`commitlint.config.mjs`): every commit since the one that
 * introduced the rule, or only the latest one if the clone does not reach back that far.
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
// In a shallow clone, the oldest commit there is seems to add every file: then this is as far as the clone reaches.
const since = git('log', '--diff-filter=A', '--format=%H', '--', CONFIG).stdout.trim().split('\n').at(-1);
const count = since === '' ? 0 : Number(git('rev-list', '--count', `${since}..HEAD`).stdout);
const range = count > 0 ? ['--from', since, '--to', 'HEAD'] : ['--last'];
console.log(count > 0 ? `Checking ${count} commits.` : 'Checking the latest commit.');
const { status } = spawnSync(process.execPath, ['node_modules/@commitlint/cli/cli.js', ...range], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
