import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('docs/scale.md', () => {
  it('shows the results of the bench and what the simulation prints', () => {
    const { stderr, status } = spawnSync(process.execPath, ['scripts/docs/measured.mjs'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  });
});
