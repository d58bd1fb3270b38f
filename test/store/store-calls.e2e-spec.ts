import type { CallRecord, CallRow, CallSort } from 'nestjs-llm-telemetry';
import type { CallQuery } from 'nestjs-llm-telemetry/store';
import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { CallDatabase } from '../../src/llm-telemetry/store/sqlite/call-database.js';
import {
  readCall,
  searchCalls,
  searchRecords,
  type SearchLimits,
} from '../../src/llm-telemetry/store/sqlite/call-search.js';
import { callRecord } from '../support/call-record.js';

/** Compares lists of calls with a list that is filtered and sorted in the test. */

const START = Date.UTC(2026, 10, 24);
const HOUR = 3_600_000;
const RANGE = { from: START, to: START + HOUR };

/** Yields pseudo-random numbers, the same in each run. */
function* numbers(): Generator<number, never> {
  for (let state = 7; ; state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) yield state / 2 ** 32;
}

function mixedRecords(count: number): CallRecord[] {
  const random = numbers();
  const next = (): number => random.next().value;
  return Array.from({ length: count }, (_, index) => {
    const model = next() < 0.7 ? 'gpt-4o-mini' : 'claude-haiku-4-5';
    const failed = next() < 0.1;
    const retried = next() < 0.2;
    const inputTokens = Math.floor(next() * 1000);
    const costUsd = Math.floor(next() * 1e6) / 1e9;
    const unpriced = next() < 0.1;
    const cost = unpriced
      ? ({
          source: 'unknown',
          reason: 'no price',
          reasonCode: index % 2 ? 'unpriced_model' : 'unpriced_tool',
        } as const)
      : ({ source: 'table', costUsd, lines: [], pricedAs: model, pricedFrom: 'a test' } as const);
    const attempt = { usage: { inputTokens }, cost, requestId: `req_${index}` };
    return callRecord({
      endedAt: START + Math.floor((index / count) * HOUR),
      durationMs: Math.floor(10 + next() * 5000),
      feature: next() < 0.01 ? 'rare' : next() < 0.5 ? 'orders' : 'support',
      model,
      route: next() < 0.5 ? 'POST /orders' : null,
      identity:
        next() < 0.5
          ? { tenantId: `tenant-${Math.floor(next() * 5)}`, userId: `user-${Math.floor(next() * 50)}` }
          : {},
      failure: failed ? { type: 'rate_limit', errorClass: 'RateLimitError' } : null,
      truncated: !failed && next() < 0.1,
      attempts: retried
        ? [
            { usage: null, cost: null },
            { ...attempt, isRetry: true },
          ]
        : [attempt],
    });
  });
}

function reasonCodeOf({ cost }: CallRecord['attempts'][number]): string | null {
  return cost?.source === 'unknown' ? cost.reasonCode : null;
}

function databaseOf(records: readonly CallRecord[]): CallDatabase {
  const database = new CallDatabase(':memory:');
  // In batches, as an application writes them.
  for (let at = 0; at < records.length; at += 700)
    database.write(records.slice(at, at + 700).map(encodeRecord));
  return database;
}

/** Returns the calls of all pages. */
function allCalls(source: CallDatabase, query: Omit<CallQuery, 'range'>, limits?: SearchLimits): CallRow[] {
  const rows: CallRow[] = [];
  for (let cursor: string | undefined; ;) {
    const page = searchCalls(source, { range: RANGE, limit: 170, ...query, cursor }, limits);
    rows.push(...page.calls);
    if (page.next === null) return rows;
    cursor = page.next;
  }
}

const requestIds = (rows: readonly CallRow[], source: CallDatabase): Array<string | null> =>
  rows.map(({ id }) => readCall(source, id)!.record.attempts.at(-1)!.requestId);

describe('lists of calls', () => {
  const records = mixedRecords(5000);
  let calls: CallDatabase;
  beforeAll(() => {
    calls = databaseOf(records);
  });
  afterAll(() => calls.close());

  const filters: Array<[string, CallQuery['where'], (record: CallRecord) => boolean]> = [
    ['all', undefined, () => true],
    ['a rare feature', { feature: ['rare'] }, ({ feature }) => feature === 'rare'],
    ['any of two', { feature: ['rare', 'support'] }, ({ feature }) => feature !== 'orders'],
    ['a model', { model: ['claude-haiku-4-5'] }, ({ model }) => model === 'claude-haiku-4-5'],
    ['a route', { route: ['POST /orders'] }, ({ route }) => route !== null],
    ['a tenant', { tenant: ['tenant-3'] }, ({ identity }) => identity.tenantId === 'tenant-3'],
    ['without a tenant', { tenant: [null] }, ({ identity }) => identity.tenantId === undefined],
    ['a route or none', { route: ['POST /orders', null] }, () => true],
    ['a user', { user: ['user-7'] }, ({ identity }) => identity.userId === 'user-7'],
    [
      'users, or without one',
      { user: ['user-7', 'user-8', null] },
      ({ identity }) => ['user-7', 'user-8', undefined].includes(identity.userId),
    ],
    ['an unknown outcome', { outcome: ['other'] }, () => false],
    ['failed', { outcome: ['failed'] }, ({ failure }) => failure !== null],
    [
      'truncated or failed',
      { outcome: ['failed', 'truncated'] },
      ({ failure, truncated }) => failure !== null || truncated,
    ],
    ['an error type', { outcome: ['rate_limit'] }, ({ failure }) => failure !== null],
    [
      'a reason of an unknown cost',
      { costReasonCode: ['unpriced_tool'] },
      ({ attempts }) => reasonCodeOf(attempts.at(-1)!) === 'unpriced_tool',
    ],
    [
      'any of two reasons of an unknown cost, of a feature',
      { costReasonCode: ['unpriced_tool', 'unpriced_model'], feature: ['orders'] },
      ({ attempts, feature }) => feature === 'orders' && reasonCodeOf(attempts.at(-1)!) !== null,
    ],
    ['with retries', { retried: true }, ({ attempts }) => attempts.length > 1],
    ['without retries', { retried: false }, ({ attempts }) => attempts.length === 1],
    [
      'two dimensions',
      { feature: ['orders'], retried: true },
      (record) => record.feature === 'orders' && record.attempts.length > 1,
    ],
    ['an unknown feature', { feature: ['nothing'] }, () => false],
    ['an empty list', { model: [] }, () => false],
    ['a text in a record', { text: 'REQ_4711' }, ({ attempts }) => attempts.at(-1)!.requestId === 'req_4711'],
  ];

  it.each(filters)('contain the calls that match the filter, the latest first: %s', (_, where, matches) => {
    const expected = records.filter(matches).map(({ attempts }) => attempts.at(-1)!.requestId);
    expect(requestIds(allCalls(calls, { where }), calls)).toEqual(expected.toReversed());
    expect(requestIds(allCalls(calls, { where, order: 'asc' }), calls)).toEqual(expected);
  });

  it.each<[CallSort, (row: CallRow) => number | null]>([
    ['durationMs', (row) => row.durationMs],
    ['costUsd', (row) => row.costUsd],
    ['tokens', (row) => (row.inputTokens ?? 0) + (row.outputTokens ?? 0)],
  ])('are sorted by %s with any filter', (sort, valueOf) => {
    for (const [, where] of filters) {
      const sorted = allCalls(calls, { where, sort }, { calls: Infinity, records: Infinity });
      const expected = allCalls(calls, { where })
        // Calls without a value come last: apache/airflow#68858, duffelhq/paginator#75.
        .sort((one, other) => (valueOf(other) ?? -1) - (valueOf(one) ?? -1) || (other.id > one.id ? 1 : -1));
      expect(sorted.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    }
  });

  it('continue at the cursor if a page ended at its scan limit', () => {
    const limits = { calls: 900, records: 40 };
    const query = { range: RANGE, where: { feature: ['rare'] } };
    const first = searchCalls(calls, query, limits);
    expect(first.next).not.toBeNull();
    expect(first.searchedTo).toBeGreaterThan(RANGE.from);
    for (const where of [{ feature: ['rare'] }, { text: 'req_12' }]) {
      expect(allCalls(calls, { where }, limits)).toEqual(allCalls(calls, { where }));
    }
  });

  it('report an incomplete search if sorted by a value', () => {
    const query = { range: RANGE, sort: 'durationMs', where: { text: 'nowhere' } } as const;
    expect(searchCalls(calls, query, { calls: 900, records: 40 }).searchedTo).toBe(RANGE.to);
    const unlimited = { calls: Infinity, records: Infinity };
    expect(searchCalls(calls, query, unlimited).searchedTo).toBe(RANGE.from);
  });
});

describe('a stored call', () => {
  it('contains the complete record', () => {
    const records = [
      ...mixedRecords(50),
      callRecord({
        attempts: [],
        provider: null,
        model: null,
        usage: null,
        trace: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
        attributes: { text: 'line\nline', list: ['a', 'b'], flag: true },
      }),
      callRecord({
        usage: { ...callRecord().usage!, inputTokens: 7, source: 'estimated' },
        attempts: [
          {
            server: { address: 'api.openai.com', port: null },
            rateLimits: { 'x-ratelimit-remaining-tokens': '5' },
            content: {
              systemInstructions: [{ type: 'text', content: 'Be brief.' }],
              inputMessages: [{ role: 'user', parts: [{ type: 'text', content: '{"a":1}' }] }],
              outputMessages: [],
              truncated: true,
            },
            usage: { toolUses: { file_search: 2 }, clamped: true },
            cost: {
              source: 'override',
              costUsd: 0.3,
              lines: [
                {
                  kind: 'output',
                  quantity: 5,
                  usdPerUnit: 2,
                  costUsd: 0.1,
                  reasoning: { quantity: 2, costUsd: 0.05 },
                },
                { kind: 'tool', quantity: 1, usdPerUnit: 2, costUsd: 0.2, tool: 'file_search' },
              ],
              pricedAs: 'x',
              pricedFrom: 'y',
            },
          },
        ],
      }),
    ];
    const calls = databaseOf(records);
    const { records: stored } = searchRecords(calls, {
      range: { from: 0, to: Date.UTC(2100, 0) },
      limit: 1000,
    });
    expect(stored).toHaveLength(records.length);
    expect(stored).toEqual(expect.arrayContaining(records));
    calls.close();
  });
});

describe('ids of calls', () => {
  const written = (records: readonly CallRecord[]): { rows: CallRow[]; calls: number } => {
    const calls = databaseOf(records);
    const query = { range: { from: 0, to: Date.UTC(2100, 0) }, limit: 1000 };
    const rows = [...searchCalls(calls, query).calls];
    const { sum } = calls.database.prepare('SELECT sum(calls) AS sum FROM zone').get() as { sum: number };
    calls.close();
    return { rows, calls: sum };
  };

  it('stay unique and in order of time if the clock is set back by a year', () => {
    const year = 365 * 24 * HOUR;
    const times = Array.from({ length: 400 }, (_, index) => START + index);
    const records = [...times, ...times.map((at) => at - year), ...times].map((endedAt) =>
      callRecord({ endedAt }),
    );
    const { rows, calls } = written(records.slice(0, 1000));
    expect(calls).toBe(1000);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1000);
    const ends = rows.map(({ endedAt }) => endedAt);
    expect(ends).toEqual(ends.toSorted((one, other) => other - one));
  });

  it('are assigned if the clock returns invalid times', () => {
    const times = [0, -1, NaN, Infinity, -Infinity, 8.64e15, 1e300];
    expect(written(times.map((startedAt) => callRecord({ startedAt, durationMs: 1 }))).calls).toBe(
      times.length,
    );
  });

  it('are unique if the clock stands still', () => {
    const { rows } = written(
      Array.from({ length: 5000 }, () => callRecord({ endedAt: START })).slice(0, 999),
    );
    expect(new Set(rows.map(({ id }) => id)).size).toBe(999);
  });
});

describe('untrusted names', () => {
  const hostile = [
    "'; DROP TABLE call; --",
    '" OR 1=1 --',
    '<script>alert(1)</script>',
    '..%2f..%2fetc/passwd',
    'a\0b',
    '\ud800',
    '%',
    '_',
    '',
    '__proto__',
    'constructor',
    '𝓶𝓸𝓭𝓮𝓵',
    'x'.repeat(100_000),
  ];

  it('match only exactly in filters', () => {
    const calls = databaseOf(
      hostile.map((name) => callRecord({ feature: name, model: name, endedAt: START + 1 })),
    );
    for (const name of hostile) {
      const found = allCalls(calls, { where: { feature: [name], model: [name] } });
      // A lone surrogate can be expressed in JSON, but not in UTF-8.
      expect(found.map(({ feature }) => feature)).toEqual([name]);
      const text = name.slice(0, 50);
      if (text) {
        const matching = hostile.filter((other) => other.toLowerCase().includes(text.toLowerCase()));
        expect(allCalls(calls, { where: { text } }).length).toBeGreaterThanOrEqual(matching.length);
      }
    }
    calls.close();
  });

  it('are counted beyond the limits without filling file or memory', () => {
    const records = Array.from({ length: 3000 }, (_, index) =>
      callRecord({
        model: `model-${index}`,
        identity: { tenantId: `tenant-${index}` },
        endedAt: START + index,
      }),
    );
    const calls = databaseOf(records);
    const { series } = calls.database
      .prepare('SELECT count(*) AS series FROM series WHERE rolled <> 0')
      .get() as {
      series: number;
    };
    expect(series).toBeLessThan(2600);
    const last = allCalls(calls, { where: { tenant: ['tenant-2999'] } });
    expect(last.map(({ model }) => model)).toEqual(['model-2999']);
    calls.close();
  });
});
