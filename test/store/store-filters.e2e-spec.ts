import type { CallRecord } from 'nestjs-llm-telemetry';
import { StoreQueryError } from 'nestjs-llm-telemetry';
import type { MeasureFilter, Measures } from '../../src/llm-telemetry/store/measures.js';
import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { CallDatabase } from '../../src/llm-telemetry/store/sqlite/call-database.js';
import { readParts } from '../../src/llm-telemetry/store/core/call-parts.js';
import { keptSince } from '../../src/llm-telemetry/store/sqlite/read-stats.js';
import { readErrors } from '../../src/llm-telemetry/store/core/read-errors.js';
import { readMeasures, readUnpriced } from '../../src/llm-telemetry/store/core/read-measures.js';
import { retain } from '../../src/llm-telemetry/store/sqlite/retention.js';
import { callRecord } from '../support/call-record.js';

/** Compares measures grouped or filtered by route, tenant and user with rollups and with sums in the test. */

const START = Date.UTC(2026, 10, 24, 10);
const HOUR = 3_600_000;
const RANGE = { from: START, to: START + 3 * HOUR };

/** Returns records with every combination of names, failures, retries and models, the same in each run. */
function mixedRecords(count: number): CallRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const failed = index % 7 === 0;
    const unpriced = index % 11 === 0;
    const model = index % 3 === 0 ? 'claude-haiku-4-5' : 'gpt-4o-mini-2024-07-18';
    const cost = unpriced
      ? ({ source: 'unknown', reason: 'no price', reasonCode: 'unpriced_model' } as const)
      : ({
          source: 'table',
          costUsd: (1 + (index % 9)) / 1e4,
          lines: [],
          pricedAs: model,
          pricedFrom: 'a test',
        } as const);
    const refused = {
      failure: { type: 'rate_limit', errorClass: 'rate_limit' },
      responseModel: null,
      requestModel: index % 2 === 0 ? 'gpt-4o' : model,
      usage: null,
      cost: null,
    } as const;
    return callRecord({
      endedAt: START + Math.floor((index / count) * 3 * HOUR),
      durationMs: 10 + ((index * 37) % 5000),
      feature: index % 2 === 0 ? 'orders' : 'support',
      model,
      route: index % 4 === 0 ? null : `POST /r${index % 3}`,
      identity: {
        ...(index % 5 !== 0 && { tenantId: `tenant-${index % 6}` }),
        ...(index % 3 !== 0 && { userId: `user-${index % 40}` }),
      },
      failure: failed ? { type: 'timeout', errorClass: 'TimeoutError' } : null,
      attempts: index % 5 === 0 ? [refused, { cost, isRetry: true, waitedMs: 100 }] : [{ cost }],
    });
  });
}

describe('measures of routes, tenants and users', () => {
  const records = mixedRecords(3000);
  let calls: CallDatabase;
  beforeAll(() => {
    calls = new CallDatabase(':memory:');
    for (let at = 0; at < records.length; at += 700)
      calls.write(records.slice(at, at + 700).map(encodeRecord));
  });
  afterAll(() => calls.close());

  const COUNTS = [
    'calls',
    'failed',
    'attempts',
    'retries',
    'unpricedCalls',
    'inputTokens',
    'costUsd',
  ] as const;
  const countsOf = (measures: Measures): number[] => COUNTS.map((count) => measures[count]);
  const total = async (where?: MeasureFilter): Promise<Measures> =>
    (await readMeasures(calls, { range: RANGE, where, quantiles: true })).groups[0]!.measures;

  it('equal those of rollups if the filter lists all values of a dimension', async () => {
    const tenants = [...new Set(records.map(({ identity }) => identity.tenantId ?? null))];
    const ofAll = await total();
    const filtered = await total({ tenant: tenants });
    expect(countsOf(filtered)).toEqual(countsOf(ofAll));
    expect(filtered.duration).toEqual(ofAll.duration);
    const query = { range: RANGE, bucketMs: HOUR };
    expect(await readErrors(calls, { ...query, where: { tenant: tenants } })).toEqual(
      await readErrors(calls, query),
    );
    expect(await readUnpriced(calls, { range: RANGE, where: { tenant: tenants } })).toEqual(
      await readUnpriced(calls, { range: RANGE }),
    );
    const by = ['provider', 'model'] as const;
    expect((await readMeasures(calls, { range: RANGE, by, where: { tenant: tenants } })).groups).toEqual(
      (await readMeasures(calls, { range: RANGE, by })).groups,
    );
  });

  it('combine the buckets of groups outside the top ones', async () => {
    const query = { range: RANGE, by: ['tenant'], bucketMs: HOUR, top: { groups: 1, by: 'calls' } } as const;
    const { groups, others } = await readMeasures(calls, query);
    const own = groups.flatMap(({ buckets }) => buckets);
    const sum = [...own, ...others!].reduce((sum, { measures }) => sum + measures.calls, 0);
    expect(sum).toBe(records.length);
  });

  it('are rejected beyond a number of calls, with a remedy in the message', async () => {
    const where = { tenant: ['tenant-1'] };
    await expect(readParts(calls.backend, RANGE, where, { calls: 10, scanned: 1e6 })).rejects.toThrow(
      'More than 10 calls match. Measures by or of routes, tenants, users or instances are computed from the calls themselves: ' +
        'choose a shorter range, or add a filter.',
    );
    await expect(readParts(calls.backend, RANGE, where, { calls: 1e6, scanned: 10 })).rejects.toThrow(
      StoreQueryError,
    );
  });
});

describe('deleted calls', () => {
  it('shorten the range of measures that need calls, and do not change the reported time of the first call', async () => {
    const calls = new CallDatabase(':memory:');
    expect(keptSince(calls.database)).toEqual({ first: null, oldest: null });
    const identity = { tenantId: 'acme' };
    const ends = Array.from({ length: 3000 }, (_, index) => START + index * 1000);
    calls.write(ends.map((endedAt) => encodeRecord(callRecord({ endedAt, identity }))));
    expect(keptSince(calls.database)).toEqual({ first: START, oldest: START });
    const times = { wall: ends.at(-1)!, now: ends.at(-1)!, latest: ends.at(-1)!, uptime: 0 };
    retain(calls.database, calls.origins, { callMs: 1000 * 1000, rollupMs: 1e12, maxBytes: 1e12 }, times);
    const { first, oldest } = keptSince(calls.database);
    expect(first).toBe(START);
    expect(oldest).toBeGreaterThan(START);
    const range = { from: START, to: START + HOUR };
    const { groups, range: measured } = await readMeasures(calls, { range, where: { tenant: ['acme'] } });
    expect(measured.from).toBeGreaterThanOrEqual(oldest!);
    expect(measured.from - oldest!).toBeLessThan(60_000);
    expect(groups[0]!.measures.calls).toBe(ends.filter((end) => end >= measured.from).length);
    calls.close();
  });

  it('written before users were stored can be found by user', async () => {
    const calls = new CallDatabase(':memory:');
    calls.write([encodeRecord(callRecord({ endedAt: START + 1, identity: { userId: 'ada' } }))]);
    calls.database.exec('UPDATE call SET user = NULL');
    const measure = async (user: string | null): Promise<number> =>
      (await readMeasures(calls, { range: RANGE, where: { user: [user] } })).groups[0]!.measures.calls;
    expect([await measure('ada'), await measure('eve'), await measure(null)]).toEqual([1, 0, 0]);
    calls.close();
  });
});

describe('abandoned streams', () => {
  it('count as aborted in lists, measures and errors', async () => {
    const calls = new CallDatabase(':memory:');
    calls.write([encodeRecord(callRecord({ endedAt: START + 1, finishReason: 'cancelled' }))]);
    expect((await readMeasures(calls, { range: RANGE })).groups[0]!.measures).toMatchObject({
      aborted: 1,
      failed: 0,
    });
    expect((await readErrors(calls, { range: RANGE })).types).toMatchObject([{ type: 'aborted', calls: 1 }]);
    calls.close();
  });
});
