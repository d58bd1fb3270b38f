/**
 * Runs the browser suites of the dashboard, or those given, on a slowed-down processor and with random delays of
 * responses. They must pass: a failure is a race in the page or a wrong wait in a test. The printed seed repeats the
 * delays: `DASHBOARD_DELAYS=<seed> npm run test:slow-browser`. `DASHBOARD_CPU_RATE`: factor, 4 by default.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { DASHBOARD_CPU_RATE = '4', DASHBOARD_DELAYS = `${Date.now() % 1_000_000}` } = process.env;
console.log(`DASHBOARD_CPU_RATE=${DASHBOARD_CPU_RATE} DASHBOARD_DELAYS=${DASHBOARD_DELAYS}`);
const specs = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--runInBand',
    ...(specs.length > 0 ? specs : ['test/dashboard']),
  ],
  { stdio: 'inherit', env: { ...process.env, DASHBOARD_CPU_RATE, DASHBOARD_DELAYS } },
);
process.exit(status ?? 1);
