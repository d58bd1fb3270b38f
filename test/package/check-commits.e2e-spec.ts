import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const CONFIG = 'commitlint.config.mjs';

describe('the check of commit messages', () => {
  let clone: string;

  beforeAll(() => {
    clone = mkdtempSync(join(tmpdir(), 'check-commits-'));
    symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
    git('init', '--quiet');
    copyFileSync(join(ROOT, CONFIG), join(clone, CONFIG));
    git('add', CONFIG);
    for (const message of ['build: check commit messages', 'Not conventional', 'fix: one', 'fix: two'])
      git('commit', '--quiet', '--allow-empty', '--message', message);
  });
  afterAll(() => rmSync(clone, { recursive: true, force: true }));

  function git(...args: readonly string[]): void {
    const options = [
      '-c',
      'user.name=Test',
      '-c',
      'user.email=test@example.com',
      '-c',
      'core.hooksPath=/dev/null',
    ];
    execFileSync('git', [...options, ...args], { cwd: clone });
  }

  function check(...args: readonly string[]): { status: number | null; output: string } {
    const script = join(ROOT, 'scripts/check-commits.mjs');
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
      cwd: clone,
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  }

  it('checks all commits since the rule exists', () => {
    expect(check()).toEqual({ status: 1, output: expect.stringContaining('Checking 3 commits.') });
  });

  it.each([
    ['HEAD~2..HEAD', 0, 'Checking 2 commits.'],
    ['HEAD~3..HEAD', 1, 'Not conventional'],
    ['HEAD~3..HEAD~2', 1, 'Checking 1 commits.'],
    ['HEAD..HEAD', 0, 'No commits to check.'],
  ])('checks only the commits of the range %s', (range, status, output) => {
    expect(check(range)).toEqual({ status, output: expect.stringContaining(output) });
  });

  it.each([
    ['HEAD', 'Invalid range "HEAD". Expected: <from>..<to>'],
    ['--all', 'Invalid range "--all"'],
    ['none..HEAD', 'Unknown range "none..HEAD"'],
  ])('fails if %s is not a range', (range, output) => {
    expect(check(range)).toEqual({ status: 1, output: expect.stringContaining(output) });
  });
});
