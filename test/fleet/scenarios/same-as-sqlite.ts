import fc from 'fast-check';
import type { CallRecord } from 'nestjs-llm-telemetry';
import type { CallFilter, MeasureFilter } from 'nestjs-llm-telemetry/store';
import { storedEndOf } from '../../../src/llm-telemetry/store/core/call-columns.js';
import { answer, type QueryName, type StoreQueries } from '../../../src/llm-telemetry/store/core/queries.js';
import type { CallQuery, CallRow, CallSort } from '../../../src/llm-telemetry/store/calls.js';
import type { StoredRollup } from '../../../src/llm-telemetry/store/core/backend.js';
import { KIND } from '../../../src/llm-telemetry/store/core/series.js';
import type { SharedBackend } from '../../../src/llm-telemetry/store/core/shared-backend.js';
import type { MeasureQuery } from '../../../src/llm-telemetry/store/measures.js';
import { CallDatabase } from '../../../src/llm-telemetry/store/sqlite/call-database.js';
import { DAY, HOUR, MINUTE } from '../../../src/llm-telemetry/units/time.js';
import { TestInstance } from '../../support/deliveries.js';
import { mixedRecords } from '../../support/mixed-records.js';
import { opened, sourceOf, type SharedDatabase } from '../../support/shared-database.js';
import { temporaryFile } from '../../support/temporary-folder.js';
import { variedRecord } from '../../support/varied-records.js';

const TO = Math.floor(Date.now() / HOUR) * HOUR;
const RANGE = { from: TO - 2 * DAY, to: TO };
const CALLS = 400;

const INSTANCES = [
  new TestInstance({ instance: 'orders-1' }),
  new TestInstance({ instance: 'orders-2', version: '1.1.0' }),
  new TestInstance({ instance: 'orders-3', service: null, version: null, environment: null }),
];

/** The same calls must give the same results as in SQLite, to the last unit. */
export function sameAsSqliteScenarios(database: SharedDatabase): void {
  describe('compared with SQLite', () => {
    const file = temporaryFile('calls.db');
    const files: CallDatabase[] = [];
    const ends = new Set<number>();
    let sqlite: CallDatabase;
    let backend: SharedBackend;

    beforeAll(async () => {
      await database.reset();
      const writer = await opened(database);
      for (const [index, instance] of INSTANCES.entries()) {
        const varied = fc.sample(variedRecord(RANGE.from, RANGE.to), { numRuns: CALLS / 2, seed: index });
        const records = distinctEnds([
          ...varied,
          ...mixedRecords(CALLS / 2, { ...RANGE, from: RANGE.from + index * 7 }, index),
        ]);
        files.push(new CallDatabase(file.path, undefined, undefined, undefined, instance.own));
        for (let at = 0; at < records.length; at += 100) {
          const delivery = instance.deliver(...records.slice(at, at + 100));
          await writer.write(delivery);
          files.at(-1)!.writeCalls(delivery.calls.map(({ id, text }) => ({ text, uuid: id })));
        }
        // PostgreSQL compacts the rollups of some of them.
        if (index === 1) await writer.upkeep();
      }
      sqlite = files.at(-1)!;
      sqlite.refresh();
      backend = await opened(database);
    });
    afterAll(() => {
      for (const open of files) open.close();
      file.remove();
    });

    /** The order of calls of several processes that end at once is not defined. */
    function distinctEnds(records: readonly CallRecord[]): CallRecord[] {
      return records.map((record) => {
        let { startedAt } = record;
        while (ends.has(storedEndOf({ ...record, startedAt }))) startedAt--;
        ends.add(storedEndOf({ ...record, startedAt }));
        return { ...record, startedAt };
      });
    }

    async function expectSame<Name extends QueryName>(
      name: Name,
      query: StoreQueries[Name][0],
    ): Promise<void> {
      const expected = await answer(sourceOf(sqlite.backend), name, query);
      expect(await answer(sourceOf(backend), name, query)).toEqual(expected);
    }

    const measures: ReadonlyArray<readonly [string, Partial<MeasureQuery>]> = [
      ['all calls', {}],
      ['features over time', { by: ['feature'], bucketMs: HOUR }],
      ['models with merged versions', { by: ['provider', 'model'], mergeVersions: true }],
      ['versions of the service', { by: ['service', 'version', 'environment'], bucketMs: 6 * HOUR }],
      ['minutes', { by: ['operation'], bucketMs: MINUTE * 15, top: { groups: 1, by: 'calls' } }],
      ['days', { by: ['operation', 'model'], bucketMs: DAY }],
      ['routes', { by: ['route'], bucketMs: HOUR, top: { groups: 2, by: 'costUsd' } }],
      ['tenants', { by: ['tenant'], bucketMs: HOUR }],
      ['the tenants that cost most', { by: ['tenant'], bucketMs: HOUR, top: { groups: 3, by: 'costUsd' } }],
      ['versions by feature', { by: ['version', 'feature'], bucketMs: DAY, top: { groups: 2, by: 'calls' } }],
      ['tenants of a version', { by: ['tenant'], where: { version: ['1.1.0'] } }],
      ['tenants by feature, from calls', { by: ['tenant', 'feature'] }],
      ['users of a tenant', { by: ['user'], where: { tenant: ["O'Neil & Söhne", null] } }],
      ['processes', { by: ['instance', 'model'], bucketMs: 6 * HOUR }],
      ['a process', { where: { instance: ['orders-2'] }, by: ['model'] }],
      ['a part of a day', { range: { from: TO - 100_000_000, to: TO - 50_000_000 }, by: ['tenant'] }],
    ];
    it.each(measures)('returns the same measures of %s', async (_, query) => {
      await expectSame('measure', { range: RANGE, ...query });
      await expectSame('measure', { range: RANGE, ...query, quantiles: true });
    });

    it('reads one rollup of what a measure does not tell apart', async () => {
      const scan = { ranges: [{ ...RANGE, length: HOUR }], where: undefined, quantiles: false } as const;
      const found: StoredRollup[] = [];
      const take = (rollup: StoredRollup): void => void found.push(rollup);
      await backend.scanRollups({ ...scan, kind: KIND.model, apart: { by: [], times: false } }, take);
      expect(found).toHaveLength(1);
      const apart = { by: ['tenant'], times: false, names: ['acme'] } as const;
      await backend.scanRollups({ ...scan, kind: KIND.tenant, apart }, take);
      expect(new Set(found.slice(1).map(({ names }) => names?.tenant))).toEqual(new Set(['acme', undefined]));
      expect(found).toHaveLength(3);
    });

    const filters: ReadonlyArray<readonly [string, MeasureFilter]> = [
      ['no filter', {}],
      ['a feature', { feature: ['orders'] }],
      ['a feature with a quote', { feature: ["it's", 'a "quoted" \\ name'] }],
      ['a model with its versions', { model: ['gpt-4o-mini'] }],
      ['calls without requests', { provider: [null] }],
      ['names that do not exist', { feature: ['nothing'], operation: ['summarize'] }],
      ['a version', { version: ['1.0.0'] }],
      ['another service', { service: ['other', null] }],
      ['a tenant', { tenant: ['acme'] }],
    ];
    it.each(filters)('returns the same measures, errors and unpriced models by %s', async (_, where) => {
      await expectSame('measure', {
        range: RANGE,
        where,
        by: ['operation'],
        quantiles: true,
        bucketMs: HOUR,
      });
      await expectSame('errors', { range: RANGE, where });
      await expectSame('errors', { range: RANGE, where, bucketMs: HOUR });
      await expectSame('unpriced', { range: RANGE, where });
    });

    const callFilters: ReadonlyArray<readonly [string, CallFilter]> = [
      ['none', {}],
      ['feature and operation', { feature: ['orders'], operation: ['classify'] }],
      ['model with versions', { model: ['gpt-4o-mini'], provider: ['openai'] }],
      [
        'tenant with special characters',
        { tenant: ['tab\tnew\nline', 'back\\slash', '"quoted"', '漢字 🙂'] },
      ],
      ['empty tenant', { tenant: [''] }],
      ['no tenant', { tenant: [null, 'tenant-1'] }],
      ['user', { user: ['user-3', null] }],
      ['route', { route: ['POST /r1', 'GET /orders', null] }],
      ['failed', { outcome: ['failed'] }],
      ['truncated or aborted', { outcome: ['truncated', 'cancelled'] }],
      ['other outcomes', { outcome: ['other'] }],
      ['an outcome', { outcome: ['timeout', 'ok'] }],
      ['unpriced', { costReasonCode: ['unpriced_model'] }],
      ['retried', { retried: true }],
      ['not retried', { retried: false, outcome: ['failed'] }],
      ['text in capitals', { text: 'STRASSE' }],
      ['text with an umlaut', { text: 'straße' }],
      ['text with an emoji', { text: 'NAÏVE 🙂' }],
      ['text with quotes', { text: '"quote" and \\' }],
      ['text that is also JSON', { text: 'null' }],
      ['text with a percent sign', { text: '50% OFF', retried: true }],
      ['version', { version: ['1.1.0'], outcome: ['ok'] }],
      ['instance', { instance: ['orders-1'], environment: ['test'] }],
      ['unknown service', { service: [null] }],
    ];
    const sorts: readonly CallSort[] = ['endedAt', 'durationMs', 'costUsd', 'tokens'];
    it.each(callFilters)('lists the same calls in the same order (%s)', async (_, where) => {
      for (const sort of sorts) await expectSameCalls({ range: RANGE, where, sort, limit: 300 });
      await expectSameCalls({ range: RANGE, where, order: 'asc', limit: 170 });
    });

    async function expectSameCalls(query: CallQuery): Promise<void> {
      expect(await allCalls(backend, query)).toEqual(await allCalls(sqlite.backend, query));
    }

    it('reads ranges from 1970, and to times that no call can have', async () => {
      const range = { from: 0, to: 8_640_000_000_000_000 };
      await expectSame('measure', { range, by: ['model'], quantiles: true });
      await expectSame('errors', { range });
      await expectSameCalls({ range, limit: 1000 });
    });

    it('searches the whole range for each page', async () => {
      const page = await backend.searchCalls({ range: RANGE, where: { text: 'nowhere at all' } });
      expect(page).toEqual({ calls: [], next: null, searchedTo: RANGE.from });
    });

    it('returns the same calls by id, with their neighbors', async () => {
      const [newest, oldest] = await Promise.all(
        (['desc', 'asc'] as const).map((order) =>
          sqlite.backend.searchCalls({ range: RANGE, order, limit: 20 }),
        ),
      );
      for (const { id } of [...newest!.calls, ...oldest!.calls]) await expectSame('call', id);
      for (const id of [
        '0193d1f0-0000-7000-8000-0000000000ff',
        '01890000-0000-7000-8000-000000000001',
        'nothing',
      ])
        await expectSame('call', id);
    });

    it('returns the same records', async () => {
      const query: CallQuery = { range: RANGE, where: { outcome: ['failed'] }, limit: 200 };
      const { records } = await backend.searchRecords(query);
      expect(records).toEqual((await sqlite.backend.searchRecords(query)).records);
    });

    it('knows how many calls there are, and how far back they reach', async () => {
      expect(await backend.keptSince()).toEqual(await sqlite.backend.keptSince());
      const { kept, oldest, newest, firstCallAt } = await sqlite.backend.stats();
      const stats = await backend.stats();
      expect(stats).toMatchObject({ kept, oldest, newest, firstCallAt });
      expect(stats.bytes).toBeGreaterThan(0);
    });
  });
}

async function allCalls(backend: Pick<SharedBackend, 'searchCalls'>, query: CallQuery): Promise<CallRow[]> {
  const calls: CallRow[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await backend.searchCalls({ ...query, ...(cursor !== undefined && { cursor }) });
    calls.push(...page.calls);
    if (page.next === null) return calls;
    cursor = page.next;
  }
}
