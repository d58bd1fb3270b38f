import { parseArgs } from 'node:util';

/** Measures how fast a store records calls and runs queries. See ../README.md. */

const { values } = parseArgs({
  options: {
    on: { type: 'string', default: 'sqlite' },
    calls: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    path: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
});
const { on, quick, path, save } = values;
const calls = values.calls === undefined ? undefined : Number(values.calls);
const seconds = values.seconds === undefined ? undefined : Number(values.seconds);

const failures = await run();
for (const failure of failures) process.stdout.write(`NOT HELD  ${failure}\n`);
process.exitCode = values.check && failures.length > 0 ? 1 : 0;

async function run(): Promise<readonly string[]> {
  switch (on) {
    case 'sqlite': {
      const { benchSqlite } = await import('./sqlite.js');
      return benchSqlite({ calls, seconds, quick, path });
    }
    case 'postgres':
    case 'clickhouse': {
      const { benchShared } = await import('./shared/bench.js');
      return benchShared(on, { calls, seconds, quick, save });
    }
    default:
      throw new Error(`--on: expected sqlite, postgres or clickhouse, received "${on}".`);
  }
}
