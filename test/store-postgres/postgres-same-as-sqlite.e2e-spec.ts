import fc from 'fast-check';
import type { CallRecord } from 'nestjs-llm-telemetry';
import type { CallFilter, MeasureFilter } from 'nestjs-llm-telemetry/store';
import { answer, type QueryName, type StoreQueries } from '../../src/llm-telemetry/store/core/queries.js';
import type { SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { CallDatabase } from '../../src/llm-telemetry/store/sqlite/call-database.js';
import { SYSTEM_CLOCK } from '../../src/llm-telemetry/store/sqlite/clock.js';
import { DAY, HOUR, MINUTE } from '../../src/llm-telemetry/units/time.js';
import { TestInstance } from '../support/deliveries.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { postgresBackends, sourceOf } from '../support/postgres-store.js';
import { variedRecord } from '../support/varied-records.js';

const NOW = Date.now();
const RANGE = { from: NOW - 3 * DAY, to: NOW };
const COUNT = 1000;

describe('PostgreSQL and SQLite with the same calls', () => {
  const backends = postgresBackends();
  const instance = new TestInstance();
  let cluster: PostgresCluster;
  let sqlite: CallDatabase;
  let url: string;
  let postgres: SharedBackend;

  beforeAll(async () => {
    cluster = await PostgresCluster.start();
    url = await cluster.createDatabase();
    const records = fc.sample(variedRecord(RANGE.from, RANGE.to), { numRuns: COUNT, seed: 1 });
    sqlite = new CallDatabase(':memory:', SYSTEM_CLOCK, undefined, undefined, instance.own);
    await write(records);
  }, 120_000);
  afterAll(async () => {
    sqlite?.close();
    await cluster?.stop();
  });
  beforeEach(async () => {
    postgres = await backends.open(url);
  });

  /** Half of the calls are compacted. */
  async function write(records: readonly CallRecord[]): Promise<void> {
    const backend = await backends.open(url);
    for (let at = 0; at < records.length; at += 250) {
      const delivery = instance.deliver(...records.slice(at, at + 250));
      sqlite.writeCalls(delivery.calls.map(({ id, text }) => ({ text, uuid: id })));
      await backend.write(delivery);
      if (at === COUNT / 2) await backend.upkeep();
    }
    await backend.close();
  }

  async function expectSame<Name extends QueryName>(name: Name, query: StoreQueries[Name][0]): Promise<void> {
    const [ours, theirs] = [await answer(sourceOf(postgres), name, query), await answer(sqlite, name, query)];
    expect(ours).toEqual(theirs);
  }

  const filters: ReadonlyArray<readonly [string, MeasureFilter]> = [
    ['no filter', {}],
    ['a feature', { feature: ['orders'] }],
    ['a model with its versions', { model: ['gpt-4o-mini'] }],
    ['calls without requests', { provider: [null] }],
    ['names that do not exist', { feature: ['nothing'], operation: ['summarize'] }],
    ['a version', { version: ['1.0.0'] }],
    ['another service', { service: ['other', null] }],
  ];

  describe.each(filters)('filtered by %s', (_title, where) => {
    it.each([[[]], [['feature']], [['operation', 'model']], [['provider', 'service', 'version']]] as const)(
      'have the same measures by %j, with quantiles',
      async (by) => {
        for (const bucketMs of [undefined, MINUTE * 15, HOUR, DAY])
          await expectSame('measure', { range: RANGE, by, where, quantiles: true, bucketMs });
      },
    );

    it('have the same errors and models without a price', async () => {
      await expectSame('errors', { range: RANGE, where });
      await expectSame('errors', { range: RANGE, where, bucketMs: HOUR });
      await expectSame('unpriced', { range: RANGE, where });
    });
  });

  it.each([[['route']], [['tenant']], [['tenant', 'feature']], [['user']], [['instance', 'model']]] as const)(
    'have the same measures by %j',
    async (by) => {
      await expectSame('measure', { range: RANGE, by, bucketMs: HOUR });
      await expectSame('measure', { range: RANGE, by, quantiles: true, where: { user: ['user-1', null] } });
      await expectSame('measure', {
        range: { from: NOW - 100_000_000, to: NOW - 50_000_000 },
        by,
        where: { tenant: ['tenant-1'] },
      });
    },
  );

  const callFilters: ReadonlyArray<readonly [string, CallFilter]> = [
    ['no filter', {}],
    ['a feature', { feature: ['a "quoted" \\ name'] }],
    ['a model', { model: ['gpt-4o-mini'], provider: ['openai'] }],
    ['a tenant', { tenant: ['tenant-2'] }],
    ['no tenant', { tenant: [null, 'tenant-1'] }],
    ['a route', { route: ['GET /orders'] }],
    ['a user', { user: ['user-2'] }],
    ['failures', { outcome: ['failed'] }],
    ['truncation', { outcome: ['truncated'] }],
    ['outcomes', { outcome: ['ok', 'rate_limit'] }],
    ['unknown outcomes', { outcome: ['other'] }],
    ['aborted calls', { outcome: ['cancelled'] }],
    ['retries', { retried: true }],
    ['no retries', { retried: false, outcome: ['failed'] }],
    ['unknown costs', { costReasonCode: ['unpriced_model'] }],
    ['a text', { text: 'NAÏVE 🙂' }],
    ['an instance', { instance: ['orders-1'], environment: ['test'] }],
    ['another instance', { instance: ['orders-2'] }],
  ];

  describe.each(callFilters)('filtered by %s', (_title, where) => {
    it.each([
      ['endedAt', 'desc'],
      ['endedAt', 'asc'],
      ['durationMs', 'desc'],
      ['costUsd', 'desc'],
      ['tokens', 'desc'],
    ] as const)('have the same pages by %s %s', async (sort, order) => {
      const query = { range: RANGE, where, sort, order, limit: 40 };
      let [ours, theirs] = [null as string | null, null as string | null];
      for (let page = 0; page < 5; page++) {
        const one = await postgres.searchCalls({ ...query, ...(ours && { cursor: ours }) });
        const other = await sqlite.backend.searchCalls({ ...query, ...(theirs && { cursor: theirs }) });
        expect(one.calls).toEqual(other.calls);
        [ours, theirs] = [one.next, other.next];
        if (theirs === null || ours === null) break;
      }
    });
  });

  it('have the same calls by id, with their neighbors', async () => {
    const { calls } = await sqlite.backend.searchCalls({ range: RANGE, limit: 5 });
    for (const { id } of calls) await expectSame('call', id);
    await expectSame('call', 'no-id');
    await expectSame('call', '01890000-0000-7000-8000-000000000001');
  });

  it('report the same numbers of calls', async () => {
    const [ours, theirs] = [await postgres.stats(), await sqlite.backend.stats()];
    expect({ ...ours, bytes: 0, instances: [] }).toEqual({ ...theirs, bytes: 0, instances: [] });
    expect(ours.instances).toMatchObject([{ id: instance.own.id, service: 'orders', instance: 'orders-1' }]);
  });
});
