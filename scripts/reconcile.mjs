/** Compares what telemetry says of 50,000 calls (or as many as are asked for) with what the emulator bills. */
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
    'test/reconciliation',
  ],
  { stdio: 'inherit', env: { ...process.env, RECONCILE_CALLS: calls } },
);
process.exit(status ?? 1);
