import pg from 'pg';
import { readMeasures } from '../../src/llm-telemetry/store/core/read-measures.js';
import { DatabaseError, type SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { columnsOf, rowsOf } from '../../src/llm-telemetry/store/postgres/array-parameters.js';
import { DAY, HOUR } from '../../src/llm-telemetry/units/time.js';
import { callRecord } from '../support/call-record.js';
import { TestInstance } from '../support/deliveries.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { postgresBackends } from '../support/postgres-store.js';
import { sourceOf } from '../support/shared-database.js';

const RANGE = { from: Date.now() - HOUR, to: Date.now() + DAY };

describe('writing to PostgreSQL', () => {
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

  async function countedCalls(backend: SharedBackend): Promise<number> {
    const { groups } = await readMeasures(sourceOf(backend), { range: RANGE });
    return groups[0]!.measures.calls;
  }

  async function storedCalls(): Promise<number> {
    const [row] = await cluster.query('SELECT count(*)::int AS count FROM llm_telemetry.call', url);
    return row!['count'] as number;
  }

  it('counts each call of eight instances once while they write, compact and read', async () => {
    await backends.open(url);
    const writing = new AbortController();
    const reader = backends.create(url);
    const counts: number[] = [];
    const reading = (async () => {
      while (!writing.signal.aborted) counts.push(await countedCalls(reader));
    })();
    await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const backend = await backends.open(url);
        const instance = new TestInstance({ instance: `orders-${index}`, version: `1.${index % 3}` });
        for (let delivery = 0; delivery < 10; delivery++) {
          const records = Array.from({ length: 20 }, (_, at) =>
            // Names that several instances add at once.
            callRecord({ feature: `feature-${(at * 7 + delivery) % 13}`, model: `model-${at % 5}` }),
          );
          await backend.write(instance.deliver(...records));
          await cluster.query(`UPDATE llm_telemetry.state SET compacted_at = '-infinity'`, url);
          await backend.upkeep();
        }
      }),
    );
    writing.abort();
    await reading;
    expect(counts.toSorted((one, other) => one - other)).toEqual(counts);
    expect(counts.every((count) => count % 20 === 0)).toBe(true);
    expect(await countedCalls(reader)).toBe(1600);
    expect(await storedCalls()).toBe(1600);
    const [sums] = await cluster.query(
      `SELECT sum(cost_units)::text AS units FROM (
         SELECT cost_units FROM llm_telemetry.rollup WHERE kind = 0 AND level = ${DAY}
         UNION ALL SELECT cost_units FROM llm_telemetry.delta WHERE kind = 0
       ) AS parts`,
      url,
    );
    expect(sums).toEqual({ units: '1600000000000' });
  }, 120_000);

  // erikdarlingdata/PerformanceMonitor#1801, openobserve/openobserve#13487: rows that are locked in another order deadlock.
  it('does not deadlock if instances use the same names for the first time on a day, in different orders', async () => {
    const features = Array.from({ length: 40 }, (_, index) => `feature-${index}`);
    const first = await backends.open(url);
    const endedAt = Date.now() - 2 * DAY;
    await first.write(
      new TestInstance().deliver(...features.map((feature) => callRecord({ feature, endedAt }))),
    );
    await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        const backend = await backends.open(url);
        const names = [
          ...features.slice(index * 6),
          `new-${index}`,
          `new-${5 - index}`,
          ...features.slice(0, index * 6),
        ];
        if (index % 2 === 0) names.reverse();
        await backend.write(new TestInstance().deliver(...names.map((feature) => callRecord({ feature }))));
      }),
    );
    expect(await storedCalls()).toBe(40 + 6 * 42);
  });

  it('sends values of each type as they are, and none that does not fit', async () => {
    const columns = {
      smallint: [-32_768, '-32768'],
      int: [-(2 ** 31), '-2147483648'],
      bigint: [-(2 ** 62), String(-(2n ** 62n))],
      'double precision': [-0.1, '-0.1'],
      timestamptz: [-1, '1969-12-31 23:59:59.999+00'],
      uuid: [new Uint8Array(16).fill(0xab), 'abababab-abab-abab-abab-abababababab'],
      bytea: [Uint8Array.of(0, 255, 92), String.raw`\x00ff5c`],
      numeric: ['-123456789012345678901234567890', '-123456789012345678901234567890'],
    } as const;
    const types = Object.keys(columns);
    const values = Object.values(columns).map(([value]) => value);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query("SET TIME ZONE 'UTC'");
      const text = `SELECT ${types.map((_, index) => `c${index}::text`).join(', ')}
        FROM (${rowsOf(
          types,
          types.map((_, index) => `c${index}`),
        )}) AS sent`;
      const rows = [values, types.map(() => null), values];
      const { rows: received } = await client.query<unknown[]>({
        text,
        values: columnsOf(rows, types) as unknown[],
        rowMode: 'array',
      });
      const texts = Object.values(columns).map(([, expected]) => expected);
      expect(received).toEqual([texts, types.map(() => null), texts]);
    } finally {
      await client.end();
    }
    expect(() => columnsOf([[2 ** 31]], ['int'])).toThrow('out of range');
    expect(() => columnsOf([[2 ** 63]], ['bigint'])).toThrow('out of range');
  });

  it('writes nothing of a delivery with a call that cannot be written, and blames the call', async () => {
    const backend = await backends.open(url);
    const instance = new TestInstance();
    const bad = callRecord({
      // More than 64 bits.
      attempts: [{ usage: { inputTokens: 1e30 } }],
    });
    const error = await backend.write(instance.deliver(callRecord(), bad)).catch((reason: unknown) => reason);
    expect(error).not.toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    expect(await storedCalls()).toBe(0);
    await backend.write(instance.deliver(callRecord()));
    expect(await countedCalls(backend)).toBe(1);
  });

  it('stores calls of wrong clocks on the nearest day, and finds them by id and time', async () => {
    const backend = await backends.open(url);
    const instance = new TestInstance();
    const ends = [Date.UTC(1970, 0, 2), Date.UTC(2107, 5, 1), Date.now() - 10 * DAY];
    await backend.write(instance.deliver(...ends.map((endedAt) => callRecord({ endedAt }))));
    const range = { from: Date.now() - 31 * DAY, to: Date.now() + 4 * DAY };
    const { calls } = await backend.searchCalls({ range, limit: 2 });
    expect(calls.map(({ endedAt }) => endedAt)).toEqual([ends[1], ends[2]]);
    const all = await backend.searchCalls({ range });
    expect(all.calls.map(({ endedAt }) => endedAt)).toEqual([ends[1], ends[2], ends[0]]);
    for (const { id, endedAt } of all.calls)
      expect(await backend.readCall(id)).toMatchObject({ id, endedAt });
    const first = await backend.searchCalls({ range, limit: 1 });
    const second = await backend.searchCalls({ range, limit: 1, cursor: first.next! });
    expect(second.calls).toMatchObject([{ endedAt: ends[2] }]);
  });

  // brianc/node-postgres#2080: PostgreSQL rejects NUL in text.
  it('stores names with NUL and halves of surrogate pairs', async () => {
    const backend = await backends.open(url);
    const feature = 'nul \0 and half \uD83D';
    await backend.write(new TestInstance().deliver(callRecord({ feature, route: 'GET /\0' })));
    const { calls } = await backend.searchCalls({ range: RANGE, where: { feature: [feature] } });
    expect(calls).toHaveLength(1);
  });

  it('gives the slot of a name that is hardly used to one that is used more, without changing a sum', async () => {
    const limits = { names: 100, series: { 0: 50, 1: 50, 2: 2 } };
    const backend = await backends.open(url, {}, { limits });
    const other = await backends.open(url, {}, { limits });
    const [instance, second] = [new TestInstance(), new TestInstance()];
    const callsOf = (tenantId: string, count: number) =>
      Array.from({ length: count }, () => callRecord({ identity: { tenantId } }));
    await backend.write(instance.deliver(...callsOf('first', 20), ...callsOf('rare', 2)));
    await other.write(second.deliver(...callsOf('rare', 1)));
    for (let run = 0; run < 3; run++) {
      await backend.write(instance.deliver(...callsOf('busy', 10)));
      await cluster.query(
        `UPDATE llm_telemetry.state SET retained_at = '-infinity', compacted_at = '-infinity'`,
        url,
      );
      await backend.upkeep();
    }
    await other.write(second.deliver(...callsOf('busy', 5), ...callsOf('rare', 1)));
    const result = await readMeasures(sourceOf(backend), { range: RANGE, by: ['tenant'] });
    const counts: Record<string, number> = Object.fromEntries(
      result.groups.map(({ names, measures }) => [names.tenant!, measures.calls]),
    );
    expect(counts).toMatchObject({ first: 20 });
    expect(counts['busy']).toBeGreaterThanOrEqual(15);
    expect(Object.keys(counts).sort()).toEqual(['busy', 'first', 'other']);
    expect(counts['busy']! + counts['other']!).toBe(39);
  });

  // brianc/node-postgres#2579, #2292: a statement has at most 65,535 parameters.
  it('writes a delivery of ten thousand calls', async () => {
    const backend = await backends.open(url);
    const records = Array.from({ length: 10_000 }, () => callRecord());
    await backend.write(new TestInstance().deliver(...records));
    expect((await backend.stats()).kept).toBe(10_000);
  }, 60_000);

  // NikolayS/PgQue#189: parsers of types are shared by all users of `pg` in a process.
  it('neither uses nor changes the parsers of types that the application sets', async () => {
    const INT8 = 20;
    const before = pg.types.getTypeParser(INT8);
    pg.types.setTypeParser(INT8, (text: string) => `number ${text}`);
    try {
      const backend = await backends.open(url);
      await backend.write(new TestInstance().deliver(callRecord()));
      expect((await backend.stats()).kept).toBe(1);
      expect(await cluster.query('SELECT 1::bigint AS one')).toEqual([{ one: 'number 1' }]);
    } finally {
      pg.types.setTypeParser(INT8, before);
    }
  });

  // dyndynjyxa/aio-coding-hub#379: a sum of small units of money overflowed 64 bits, so that nothing could be read.
  it('compacts and reads costs of more than 64 bits', async () => {
    const backend = await backends.open(url);
    const instance = new TestInstance();
    const costUsd = 8e6;
    for (let index = 0; index < 2; index++) {
      const cost = { source: 'table', costUsd, lines: [], pricedAs: 'm', pricedFrom: 'a test' } as const;
      await backend.write(instance.deliver(callRecord({ attempts: [{ cost }] })));
    }
    for (const work of [() => Promise.resolve(), () => backend.upkeep()]) {
      await work();
      const { groups } = await readMeasures(sourceOf(backend), { range: RANGE });
      expect(groups[0]!.measures).toMatchObject({ calls: 2, costUsd: 2 * costUsd });
    }
  });
});
