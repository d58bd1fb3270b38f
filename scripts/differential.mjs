/**
 * Runs the long form of the differential test of node:http: 100,000 random requests, with and without the library, in 8
 * processes one after the other. `npm run differential -- <requests> <seed>` sets their number and the first seed.
 */
import { spawnSync } from 'node:child_process';

const SHARDS = 8;
const [requests = '100000', seed = String(Date.now() % 0x7fff_ffff)] = process.argv.slice(2);

for (let shard = 0; shard < SHARDS; shard++) {
  const { status } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--ci',
      '-i',
      'test/differential/node-http',
      '--testNamePattern=random combinations',
    ],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        NODE_HTTP_CASES: String(Math.ceil(Number(requests) / SHARDS)),
        NODE_HTTP_SEED: String(Number(seed) + shard),
      },
    },
  );
  if (status !== 0) {
    console.error(`Failed with NODE_HTTP_SEED=${Number(seed) + shard}.`);
    process.exit(1);
  }
}
