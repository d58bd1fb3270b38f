/** Writes the images of the documentation to `docs/images` with the test that otherwise only compares them. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { status } = spawnSync('npm', ['test', '--', '--ci', 'test/dashboard/pictures'], {
  cwd: root,
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: { ...process.env, PICTURES: 'docs/images' },
});
process.exit(status ?? 1);
