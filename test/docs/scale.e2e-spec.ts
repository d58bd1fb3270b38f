import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('docs/scale.md', () => {
  it('shows what the simulation prints', () => {
    const printed = execFileSync(process.execPath, ['scripts/scale.mjs'], { cwd: ROOT, encoding: 'utf8' });
    const [, shown] = /```text\n([^]*?)\n```/.exec(readFileSync(`${ROOT}/docs/scale.md`, 'utf8'))!;
    expect(shown!.trimEnd()).toBe(printed.trimEnd());
  });
});
