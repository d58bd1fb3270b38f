import { clickhouseStore } from 'nestjs-llm-telemetry/clickhouse';
import { LlmTelemetryOptionsError } from '../../src/llm-telemetry/validation/options-error.js';
import { Layout } from '../../src/llm-telemetry/store/clickhouse/layout.js';
import { createBackend } from '../../src/llm-telemetry/store/clickhouse/clickhouse-backend.js';
import { DatabaseError } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { callRecord } from '../support/call-record.js';
import { ClickHouseServer, settingsOf } from '../support/clickhouse-server.js';
import { freePort } from '../support/free-port.js';
import { Deliveries, instance } from './deliveries.js';
import { storedTotals } from './totals.js';

const DAY = 86_400_000;

describe('the tables of a store in ClickHouse', () => {
  const server = new ClickHouseServer();
  beforeAll(() => server.start());
  beforeEach(() => server.run('DROP DATABASE IF EXISTS llm_telemetry SYNC'));
  afterAll(() => server.stop());

  it('are not touched if they belong to another application', async () => {
    await server.run('CREATE DATABASE llm_telemetry');
    await server.run('CREATE TABLE llm_telemetry.call (a UInt8) ENGINE = MergeTree ORDER BY a');
    await expect(server.backend().open()).rejects.toMatchObject({ trouble: 'not_a_store' });
  });

  it('follow the retention of the instance that started last', async () => {
    await server.backend().open();
    await server.backend({ retention: { callDays: 7, rollupDays: 90 } }).open();
    const [[statement]] = (await server.rows('SHOW CREATE TABLE llm_telemetry.call')) as [[string]];
    expect(statement).toContain(`toIntervalSecond(${7 * 86_400})`);
    const other = server.backend({ migrate: 'check' });
    await other.open();
    const { [DAY]: horizon } = await other.horizons();
    expect(Date.now() - horizon!).toBeLessThan(92 * DAY);
  });

  it('lose calls and rollups beyond the retention, and keep calls of wrong clocks', async () => {
    const backend = server.backend();
    await backend.open();
    const deliveries = new Deliveries(instance(1), 1);
    // ClickHouse/ClickHouse#101763: a TTL beyond the year 2106 wraps, and deletes rows that are new.
    const ends = [Date.now(), Date.UTC(2105, 11, 31), Date.now() - 500 * DAY, Date.now() - 200 * DAY];
    for (const endedAt of ends) await backend.write(deliveries.next([callRecord({ endedAt })]));
    for (const table of ['call', 'rollup']) await server.run(`OPTIMIZE TABLE llm_telemetry.${table} FINAL`);
    const calls = await server.rows('SELECT toYear(ended_at) FROM llm_telemetry.call ORDER BY ended_at');
    expect(calls).toEqual([[new Date().getUTCFullYear()], [2105]]);
    const rollups = await server.rows(
      `SELECT toUInt32(count()), toUInt32(countIf(length < 21600)) FROM llm_telemetry.rollup
       WHERE kind = 'model' AND start < now() - INTERVAL 150 DAY`,
    );
    expect(rollups).toEqual([[2, 0]]);
  });

  // ClickHouse/ClickHouse#24006 and #8348: a single insert into more than 100 partitions is refused.
  it('take calls of more than 100 days in one delivery', async () => {
    const backend = server.backend({ retention: { callDays: 400, rollupDays: 400 } });
    await backend.open();
    const records = Array.from({ length: 150 }, (_, day) =>
      callRecord({ endedAt: Date.now() - (150 - day) * DAY }),
    );
    await backend.write(new Deliveries(instance(1), 1).next(records));
    expect(await server.rows('SELECT toUInt32(count()) FROM llm_telemetry.call')).toEqual([[150]]);
  });

  it('have valid definitions for a cluster', async () => {
    const layout = new Layout({ database: 'llm_telemetry', cluster: 'main' });
    const retention = { callDays: 30, rollupDays: 400 };
    for (const statement of [
      layout.createDatabase(),
      ...layout.createTables(retention),
      ...layout.changeRetention(retention),
    ]) {
      const [[formatted]] = (await server.rows(
        `SELECT formatQuery('${statement.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}')`,
      )) as [[string]];
      expect(formatted).toContain('ON CLUSTER main');
      if (formatted.startsWith('CREATE TABLE')) expect(formatted).toMatch(/ENGINE = Replicated\w+/);
    }
  });

  // ClickHouse/ClickHouse#53609 and the wrapping of sum(Int64): sums are kept in 128 bits.
  it('add up more money than 64 bits hold', async () => {
    const backend = server.backend();
    await backend.open();
    const deliveries = new Deliveries(instance(1), 1);
    const costUsd = 5_000_000;
    const cost = { source: 'table', costUsd, lines: [], pricedAs: 'a', pricedFrom: 'a test' } as const;
    for (let count = 0; count < 3; count++)
      await backend.write(deliveries.next([callRecord({ attempts: [{ cost }] })]));
    const { lengths } = await storedTotals(server);
    expect(lengths['86400']).toMatchObject({ units: String(15_000_000n * 10n ** 12n) });
  });

  it('show the processes with their last sign of life', async () => {
    const backend = server.backend();
    await backend.open();
    await backend.beat(instance(1), 0, null);
    await backend.beat(instance(2, { version: null }), 0, null);
    await backend.beat(instance(2, { version: null }), 7, 1_796_000_000_123);
    const { instances } = await backend.stats();
    expect(instances).toHaveLength(2);
    expect(instances!.find(({ pid }) => pid === 1002)).toMatchObject({
      ...instance(2),
      version: null,
      waiting: 7,
      waitingSince: 1_796_000_000_123,
      seenAt: expect.closeTo(Date.now(), -5) as number,
    });
  });
});

describe('clickhouseStore()', () => {
  it('describes the database without the password', async () => {
    const store = clickhouseStore({ url: 'https://app:p%40ss@db.internal:8443' });
    expect(store).toMatchObject({ kind: 'clickhouse', where: 'db.internal:8443/llm_telemetry' });
    expect(JSON.stringify(store)).not.toMatch(/p@ss|p%40ss/);
    expect(structuredClone(store.settings)).toMatchObject({
      url: 'https://db.internal:8443',
      username: 'app',
    });
    expect(await store.secrets!()).toBe('p@ss');
    const rotating = clickhouseStore({ url: 'http://db:8123', password: async () => 'fresh' });
    expect(await rotating.secrets!()).toBe('fresh');
  });

  it.each([
    [
      { url: 'clickhouse://user:hidden@db' },
      'clickhouseStore.url must be an HTTP or HTTPS address without a path',
    ],
    [{ url: 'http://db:8123/other?password=hidden' }, 'clickhouseStore.url must be'],
    [{ url: 'http://db', database: 'a`; DROP' }, 'clickhouseStore.database must be a name of letters'],
    [{ url: 'http://db', cluster: '' }, 'clickhouseStore.cluster must be a name'],
    [{ url: 'http://db', password: 5 }, 'clickhouseStore.password must be a string or a function'],
    [
      { url: 'http://db', retention: { callDays: 0 } },
      'clickhouseStore.retention.callDays must be a number of days',
    ],
    [{ url: 'http://db', migrate: false }, 'clickhouseStore.migrate must be true or "check"'],
    [{ url: 'http://db', retries: 3 }, 'unknown option "retries"'],
    [undefined, 'clickhouseStore must be an object'],
  ])('refuses %j', (options, message) => {
    const create = (): unknown => clickhouseStore(options as never);
    expect(create).toThrow(LlmTelemetryOptionsError);
    expect(create).toThrow(message);
    expect(create).not.toThrow(/hidden/);
  });

  it('reports a server that cannot be reached', async () => {
    const backend = createBackend(settingsOf(`http://127.0.0.1:${await freePort()}`), {
      secret: async () => 'hidden',
    });
    const failure = await backend.open().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DatabaseError);
    expect(failure).toMatchObject({
      trouble: 'unreachable',
      message: 'ClickHouse cannot be reached (ECONNREFUSED).',
    });
    await backend.close();
  });
});
