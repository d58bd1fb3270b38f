/**
 * Compares the records of 50,000 calls (or the number in the first argument), and of a quarter of it in all formats and
 * dialects, with the emulator's bill.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const calls = process.argv[2] ?? '50000';
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    'reconciliation.e2e-spec',
  ],
  { stdio: 'inherit', env: { ...process.env, RECONCILE_CALLS: calls } },
);
process.exit(status ?? 1);
