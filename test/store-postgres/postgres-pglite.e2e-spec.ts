import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import fc from 'fast-check';
import { answer } from '../../src/llm-telemetry/store/core/queries.js';
import { CallDatabase } from '../../src/llm-telemetry/store/sqlite/call-database.js';
import { SYSTEM_CLOCK } from '../../src/llm-telemetry/store/sqlite/clock.js';
import { DAY, HOUR } from '../../src/llm-telemetry/units/time.js';
import { TestInstance } from '../support/deliveries.js';
import { freePort } from '../support/free-port.js';
import { postgresBackends } from '../support/postgres-store.js';
import { sourceOf } from '../support/shared-database.js';
import { variedRecord } from '../support/varied-records.js';

/** PostgreSQL 18 in WebAssembly: runs everywhere, and shows that nothing depends on an old version. */
describe('the store on PGlite', () => {
  const backends = postgresBackends();
  let database: PGlite;
  let server: PGLiteSocketServer;
  let port: number;

  beforeAll(async () => {
    database = await PGlite.create();
    port = await freePort();
    server = new PGLiteSocketServer({ db: database, host: '127.0.0.1', port, maxConnections: 4 });
    await server.start();
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    await database?.close();
  });

  it('returns the same measures, errors and calls as SQLite', async () => {
    const now = Date.now();
    const range = { from: now - 2 * DAY, to: now };
    const instance = new TestInstance();
    const sqlite = new CallDatabase(':memory:', SYSTEM_CLOCK, undefined, undefined, instance.own);
    const backend = await backends.open(`postgres://postgres@127.0.0.1:${port}/postgres`);
    const records = fc.sample(variedRecord(range.from, range.to), { numRuns: 200, seed: 2 });
    for (const half of [records.slice(0, 100), records.slice(100)]) {
      const delivery = instance.deliver(...half);
      sqlite.writeCalls(delivery.calls.map(({ id, text }) => ({ text, uuid: id })));
      await backend.write(delivery);
      await backend.write(delivery);
      await backend.upkeep();
    }
    const source = sourceOf(backend);
    const measures = { range, by: ['feature', 'model'], quantiles: true, bucketMs: HOUR } as const;
    expect(await answer(source, 'measure', measures)).toEqual(await answer(sqlite, 'measure', measures));
    expect(await answer(source, 'errors', { range })).toEqual(await answer(sqlite, 'errors', { range }));
    for (const sort of ['endedAt', 'durationMs', 'costUsd', 'tokens'] as const) {
      const query = { range, sort, where: { outcome: ['failed', 'truncated'] }, limit: 1000 };
      expect((await backend.searchCalls(query)).calls).toEqual(
        (await sqlite.backend.searchCalls(query)).calls,
      );
    }
    expect((await backend.stats()).kept).toBe(200);
    sqlite.close();
  }, 120_000);
});
