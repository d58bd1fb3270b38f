import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallQuery } from '../../src/llm-telemetry/store/calls.js';
import type { CallRow, CallSort } from '../../src/llm-telemetry/store/calls.js';
import { callIdOf } from '../../src/llm-telemetry/store/call-id.js';
import type { Backend } from '../../src/llm-telemetry/store/core/backend.js';
import { PartCache, type QuerySource } from '../../src/llm-telemetry/store/core/call-parts.js';
import { storedEndOf } from '../../src/llm-telemetry/store/core/call-columns.js';
import { readErrors } from '../../src/llm-telemetry/store/core/read-errors.js';
import { readMeasures, readUnpriced } from '../../src/llm-telemetry/store/core/read-measures.js';
import type { CallFilter } from '../../src/llm-telemetry/store/calls.js';
import type { MeasureQuery } from '../../src/llm-telemetry/store/measures.js';
import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { CallDatabase } from '../../src/llm-telemetry/store/sqlite/call-database.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { Deliveries, instance } from './deliveries.js';
import { mixedRecords } from './mixed-records.js';

/** Compares ClickHouse with SQLite: the same calls must give the same results, to the last unit. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TO = Math.floor(Date.now() / HOUR) * HOUR;
const RANGE = { from: TO - 24 * HOUR, to: TO };

const INSTANCES = [
  instance(1),
  instance(2, { version: '1.1.0' }),
  instance(3, { service: null, version: null, environment: null }),
];

describe('a store in ClickHouse', () => {
  const server = new ClickHouseServer();
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-'));
  let clickhouse: QuerySource;
  let sqlite: QuerySource;
  const files: CallDatabase[] = [];

  beforeAll(async () => {
    await server.start();
    const backend = server.backend();
    await backend.open();
    for (const [index, own] of INSTANCES.entries()) {
      const process = index + 1;
      const records = mixedRecords(400, { from: RANGE.from + index * 7, to: RANGE.to }, 17 + index);
      const deliveries = new Deliveries(own, process);
      for (let at = 0; at < records.length; at += 50)
        await backend.write(deliveries.next(records.slice(at, at + 50)));
      const file = new CallDatabase(join(folder, 'calls.db'), undefined, undefined, undefined, own);
      files.push(file);
      file.writeCalls(
        records.map((record, counter) => ({
          text: encodeRecord(record),
          uuid: callIdOf(storedEndOf(record), counter, process),
        })),
      );
    }
    clickhouse = sourceOf(backend);
    const reader = files.at(-1)!;
    reader.refresh();
    sqlite = sourceOf(reader.backend);
  });
  afterAll(async () => {
    for (const file of files) file.close();
    rmSync(folder, { recursive: true, force: true });
    await server.stop();
  });

  const queries: Array<[string, Partial<MeasureQuery>]> = [
    ['all calls with quantiles', { quantiles: true }],
    ['features', { by: ['feature'], quantiles: true, bucketMs: HOUR }],
    ['models with merged versions', { by: ['provider', 'model'], mergeVersions: true, quantiles: true }],
    ['versions of the service', { by: ['service', 'version', 'environment'], bucketMs: 6 * HOUR }],
    ['minutes', { by: ['operation'], bucketMs: MINUTE, top: { groups: 1, by: 'calls' } }],
    ['routes', { by: ['route'], bucketMs: HOUR, top: { groups: 2, by: 'costUsd' } }],
    ['tenants', { by: ['tenant'], bucketMs: HOUR }],
    ['tenants of a version', { by: ['tenant'], where: { version: ['1.1.0'] } }],
    ['tenants by feature, from calls', { by: ['tenant', 'feature'], quantiles: true }],
    ['users of a tenant', { by: ['user'], where: { tenant: ["O'Neil & Söhne", null] }, quantiles: true }],
    ['processes', { by: ['instance'], bucketMs: 6 * HOUR }],
    ['a process', { where: { instance: ['shop-2'] }, by: ['model'] }],
    ['a model and its versions', { where: { model: ['gpt-4o-mini'] }, by: ['model'], quantiles: true }],
    ['an unknown service', { where: { service: [null] }, quantiles: true }],
    ['a feature with a quote', { where: { feature: ["it's", 'orders'] }, by: ['feature', 'operation'] }],
    ['a name that no call has', { where: { feature: ['nothing'] } }],
  ];
  it.each(queries)('returns the same measures as SQLite (%s)', async (_, query) => {
    const all = { range: RANGE, ...query };
    const expected = await readMeasures(sqlite, all);
    expect(expected.groups.length).toBeGreaterThan(0);
    expect(await readMeasures(clickhouse, all)).toEqual(expected);
  });

  it.each([
    ['all', {}],
    ['a model over time', { where: { model: ['gpt-4o-mini'] }, bucketMs: HOUR }],
    ['a tenant', { where: { tenant: ['acme'] }, bucketMs: HOUR }],
    ['a version', { where: { version: ['1.0.0'] } }],
  ])('returns the same errors and unpriced models as SQLite (%s)', async (_, query) => {
    const all = { range: RANGE, ...query };
    const expected = await readErrors(sqlite, all);
    expect(expected.types.length).toBeGreaterThan(1);
    expect(await readErrors(clickhouse, all)).toEqual(expected);
    // The order of models with equal counts is not defined.
    const models = await readUnpriced(sqlite, all);
    expect(new Set(await readUnpriced(clickhouse, all))).toEqual(new Set(models));
  });

  const filters: Array<[string, CallFilter]> = [
    ['none', {}],
    ['feature and operation', { feature: ['orders'], operation: ['classify'] }],
    ['model with versions', { model: ['gpt-4o-mini'] }],
    ['tenant with special characters', { tenant: ['tab\tnew\nline', 'back\\slash', '"quoted"', '漢字 🙂'] }],
    ['empty tenant', { tenant: [''] }],
    ['no tenant', { tenant: [null] }],
    ['user', { user: ['user-3', null] }],
    ['route', { route: ['POST /r1', null] }],
    ['failed', { outcome: ['failed'] }],
    ['truncated or aborted', { outcome: ['truncated', 'cancelled'] }],
    ['other outcomes', { outcome: ['other'] }],
    ['an outcome', { outcome: ['timeout'] }],
    ['unpriced', { costReasonCode: ['unpriced_model'] }],
    ['retried', { retried: true }],
    ['not retried', { retried: false, feature: ['support'] }],
    ['text in capitals', { text: 'STRASSE' }],
    ['text with an umlaut', { text: 'straße' }],
    ['text with quotes', { text: '"quote" and \\' }],
    ['text that is also JSON', { text: 'null' }],
    ['text with a percent sign', { text: '50% OFF', retried: true }],
    ['version', { version: ['1.1.0'], outcome: ['ok'] }],
    ['instance', { instance: ['shop-1'], environment: ['production'] }],
    ['unknown service', { service: [null] }],
  ];
  const sorts: readonly CallSort[] = ['endedAt', 'durationMs', 'costUsd', 'tokens'];
  it.each(filters)('lists the same calls in the same order as SQLite (%s)', async (_, where) => {
    for (const sort of sorts) {
      const query = { range: RANGE, where, sort, limit: 300 };
      expect(await allCalls(clickhouse.backend, query)).toEqual(await allCalls(sqlite.backend, query));
    }
    const ascending = { range: RANGE, where, order: 'asc', limit: 170 } as const;
    expect(await allCalls(clickhouse.backend, ascending)).toEqual(await allCalls(sqlite.backend, ascending));
  });

  it('reads ranges from 1970, and to times that no call can have', async () => {
    const range = { from: 0, to: 8_640_000_000_000_000 };
    const query = { range, by: ['model'], quantiles: true } as const;
    expect(await readMeasures(clickhouse, query)).toEqual(await readMeasures(sqlite, query));
    expect(await readErrors(clickhouse, { range })).toEqual(await readErrors(sqlite, { range }));
    const [calls, expected] = await Promise.all(
      [clickhouse, sqlite].map(({ backend }) => allCalls(backend, { range, limit: 1000 })),
    );
    expect(calls).toEqual(expected);
  });

  it('searches the whole range for each page', async () => {
    const page = await clickhouse.backend.searchCalls({ range: RANGE, where: { text: 'nowhere at all' } });
    expect(page).toEqual({ calls: [], next: null, searchedTo: RANGE.from });
  });

  it('returns a call with its record and its neighbors', async () => {
    const { calls } = await sqlite.backend.searchCalls({ range: RANGE, limit: 40 });
    for (const { id } of calls)
      expect(await clickhouse.backend.readCall(id)).toEqual(await sqlite.backend.readCall(id));
    const [first] = (await sqlite.backend.searchCalls({ range: RANGE, order: 'asc', limit: 1 })).calls;
    expect(await clickhouse.backend.readCall(first!.id)).toMatchObject({ older: null });
    expect(await clickhouse.backend.readCall('0193d1f0-0000-7000-8000-0000000000ff')).toBeNull();
    expect(await clickhouse.backend.readCall('nothing')).toBeNull();
  });

  it('returns the same records as SQLite', async () => {
    const query: CallQuery = { range: RANGE, where: { outcome: ['failed'] }, limit: 200 };
    const { records } = await clickhouse.backend.searchRecords(query);
    expect(records).toEqual((await sqlite.backend.searchRecords(query)).records);
  });

  it('knows how far back calls reach', async () => {
    expect(await clickhouse.backend.keptSince()).toEqual(await sqlite.backend.keptSince());
    const { kept, oldest, newest, firstCallAt } = await sqlite.backend.stats();
    const stats = await clickhouse.backend.stats();
    expect(stats).toMatchObject({ kept, oldest, newest, firstCallAt });
    expect(stats.bytes).toBeGreaterThan(0);
  });
});

/** SQLite is read without its cache of parts, so that both read alike. */
function sourceOf(backend: Backend): QuerySource {
  return { backend, parts: new PartCache(backend) };
}

async function allCalls(backend: Backend, query: CallQuery): Promise<CallRow[]> {
  const calls: CallRow[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await backend.searchCalls({ ...query, ...(cursor !== undefined && { cursor }) });
    calls.push(...page.calls);
    if (page.next === null) return calls;
    cursor = page.next;
  }
}
