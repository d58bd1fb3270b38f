import pg from 'pg';
import { readMeasures } from '../../src/llm-telemetry/store/core/read-measures.js';
import { DAY, HOUR } from '../../src/llm-telemetry/units/time.js';
import { callRecord } from '../support/call-record.js';
import { TestInstance } from '../support/deliveries.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { postgresBackends } from '../support/postgres-store.js';
import { sourceOf } from '../support/shared-database.js';

const NOW = Date.now();

describe('retention in PostgreSQL', () => {
  const backends = postgresBackends();
  let cluster: PostgresCluster;
  let url: string;

  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  }, 120_000);
  afterAll(() => cluster?.stop());
  beforeEach(async () => {
    url = await cluster.createDatabase();
  });

  /** Ages of the days with a partition, oldest first. */
  async function ages(): Promise<number[]> {
    const rows = await cluster.query(
      `SELECT current_date - to_date(right(relname, 8), 'YYYYMMDD') AS age FROM pg_inherits
       JOIN pg_class ON oid = inhrelid WHERE inhparent = 'llm_telemetry.call'::regclass ORDER BY 1 DESC`,
      url,
    );
    return rows.map(({ age }) => age as number);
  }

  const due = () =>
    cluster.query(
      `UPDATE llm_telemetry.state SET retained_at = '-infinity', compacted_at = '-infinity'`,
      url,
    );
  const callOf = (age: number, feature = 'orders') => callRecord({ endedAt: NOW - age * DAY, feature });
  const keptDays = (callDays: number, maxBytes: number | null = null) => ({
    retention: { callDays, rollupDays: 400, maxBytes },
  });

  it('has partitions of the current day and the next two, and adds those of older calls', async () => {
    const backend = await backends.open(url);
    expect(await ages()).toEqual([0, -1, -2]);
    await backend.write(new TestInstance().deliver(callOf(20), callOf(3), callOf(0)));
    expect(await ages()).toEqual([20, 3, 0, -1, -2]);
  });

  it('drops the days beyond it, and keeps their rollups', async () => {
    const before = await backends.open(url);
    await before.write(new TestInstance().deliver(callOf(20), callOf(3), callOf(0)));
    const backend = await backends.open(url, keptDays(7));
    await due();
    await backend.upkeep();
    expect(await ages()).toEqual([3, 0, -1, -2]);
    const range = { from: NOW - 30 * DAY, to: NOW + DAY };
    expect((await backend.searchCalls({ range })).calls).toHaveLength(2);
    expect((await readMeasures(sourceOf(backend), { range })).groups[0]!.measures.calls).toBe(3);
    expect(await backend.stats()).toMatchObject({ kept: 2 });
  });

  it('drops the oldest days until the tables are within the size limit, but never the current day', async () => {
    const before = await backends.open(url);
    await before.write(new TestInstance().deliver(callOf(5), callOf(4), callOf(0)));
    const backend = await backends.open(url, keptDays(30, 1));
    await due();
    await backend.upkeep();
    expect(await ages()).toEqual([0, -1, -2]);
  });

  // pgpartman/pg_partman#678, #834: dropping a partition waits for readers, and everything else waits behind it.
  it('leaves a day that someone reads to the next run, and blocks no writer meanwhile', async () => {
    const backend = await backends.open(url, keptDays(7));
    const instance = new TestInstance();
    const before = await backends.open(url);
    await before.write(instance.deliver(callOf(20)));
    await due();
    const long = new pg.Client({ connectionString: url });
    await long.connect();
    await long.query('BEGIN; SELECT count(*) FROM llm_telemetry.call');
    const other = await backends.open(url, keptDays(7));
    await Promise.all([backend.upkeep(), other.write(new TestInstance().deliver(callOf(0)))]);
    expect(await ages()).toContain(20);
    await long.query('COMMIT');
    await long.end();
    await due();
    await backend.upkeep();
    expect(await ages()).not.toContain(20);
  });

  it('writes late calls after their day was dropped', async () => {
    const backend = await backends.open(url, keptDays(7));
    const instance = new TestInstance();
    await backend.write(instance.deliver(callOf(3)));
    await cluster.query("SELECT llm_telemetry.drop_day(current_date - 3 - date '1970-01-01')", url);
    await backend.write(instance.deliver(callOf(3)));
    expect((await backend.searchCalls({ range: { from: NOW - 7 * DAY, to: NOW } })).calls).toHaveLength(1);
  });

  it('deletes short rollups before their horizon, and answers from longer ones', async () => {
    const backend = await backends.open(url);
    await backend.write(new TestInstance().deliver(callOf(10), callOf(0)));
    await due();
    await backend.upkeep();
    const rows = await cluster.query(
      `SELECT level, count(*)::int AS count FROM llm_telemetry.rollup WHERE start < ${NOW - 5 * DAY} GROUP BY 1 ORDER BY 1`,
      url,
    );
    expect(rows.map(({ level }) => level)).toEqual([HOUR / 4, HOUR, DAY / 4, DAY]);
    const result = await readMeasures(sourceOf(backend), {
      range: { from: NOW - 10 * DAY - 1, to: NOW - 10 * DAY + 1 },
      bucketMs: 60_000,
    });
    expect(result).toMatchObject({ bucketMs: HOUR / 4, groups: [{ measures: { calls: 1 } }] });
  });

  it('frees names and series that nothing refers to, and other instances notice', async () => {
    const retention = { callDays: 1, rollupDays: 1, maxBytes: null };
    const [one, other] = [await backends.open(url), await backends.open(url)];
    const instance = new TestInstance();
    await one.write(instance.deliver(callOf(20, 'old-feature')));
    await other.write(new TestInstance().deliver(callOf(20, 'old-feature')));
    const third = await backends.open(url, { retention });
    for (let run = 0; run < 2; run++) {
      await due();
      await third.upkeep();
    }
    const names = await cluster.query(`SELECT text FROM llm_telemetry.name ORDER BY id`, url);
    expect(names.map(({ text }) => text)).toEqual(['ok', 'other']);
    await other.write(new TestInstance().deliver(callOf(0, 'old-feature')));
    const range = { from: NOW - HOUR, to: NOW + HOUR };
    const { calls } = await third.searchCalls({ range, where: { feature: ['old-feature'] } });
    expect(calls).toHaveLength(1);
    const { groups } = await readMeasures(sourceOf(third), { range, by: ['feature'] });
    expect(groups).toMatchObject([{ names: { feature: 'old-feature' }, measures: { calls: 1 } }]);
  });

  it('shows instances with their last sign of life and what they have not delivered', async () => {
    const backend = await backends.open(url);
    const { own } = new TestInstance({ instance: 'orders-7' });
    await backend.beat(own, 12, NOW - 5000);
    await backend.beat(own, 13, NOW - 6000);
    const { instances } = await backend.stats();
    expect(instances).toMatchObject([
      { id: own.id, instance: 'orders-7', host: 'host-1', waiting: 13, waitingSince: NOW - 6000 },
    ]);
    expect(Math.abs(instances![0]!.seenAt - Date.now())).toBeLessThan(60_000);
  });
});
