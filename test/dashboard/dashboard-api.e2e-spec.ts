import type { CallRecord } from 'nestjs-llm-telemetry';
import type {
  Breakdown,
  CallDetail,
  CallPage,
  Errors,
  Quality,
  Retries,
  Status,
  Summary,
  Timeline,
} from '../../src/llm-telemetry/dashboard/api/index.js';
import { callRecord } from '../support/call-records.js';
import { startDashboardApp, type DashboardApp } from '../support/dashboard-app.js';
import { PLATFORMS } from '../support/telemetry-app.js';

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 24, 12);
const RANGE = 'from=2026-11-24T10:00:00Z&to=2026-11-24T12:00:00Z';

/** Returns a call that ended a number of minutes before noon. */
function ended(minutesBeforeNoon: number, differences: Partial<CallRecord> = {}): CallRecord {
  const durationMs = differences.durationMs ?? 1000;
  return callRecord({
    startedAt: NOON - minutesBeforeNoon * 60_000 - durationMs,
    durationMs,
    ...differences,
  });
}

const failed = (type: NonNullable<CallRecord['failure']>['type']): Partial<CallRecord> => ({
  failure: { type, errorClass: 'Error' },
  finishReason: null,
});

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)('the API on %s', (platform) => {
  let dashboard: DashboardApp;
  beforeAll(async () => {
    const traceUrl = 'https://traces.example/{traceId}?span={spanId}';
    dashboard = await startDashboardApp({ platform, options: { dashboard: { traceUrl } } });
  });
  afterAll(() => dashboard.stop());
  beforeEach(() => {
    dashboard.store.rows.length = 0;
    dashboard.store.available = true;
  });

  const ask = async <T>(path: string): Promise<T> => {
    const answer = await dashboard.get(`/llm/api/${path}`);
    expect([path, answer.status, answer.text.slice(0, 200)]).toEqual([path, 200, expect.anything()]);
    return answer.json() as T;
  };
  const record = (...records: CallRecord[]): void => {
    for (const one of records) dashboard.store.record(one);
  };

  it('includes a call as soon as it ends', async () => {
    record(callRecord());
    expect(await ask<Summary>('summary')).toMatchObject({ calls: 1, costUsd: 0.0003 });
    const to = new Date(Date.now() + 1).toISOString();
    expect(await ask<Summary>(`summary?to=${to}`)).toMatchObject({ calls: 1 });
  });

  it('compares a range with the previous period', async () => {
    record(ended(1), ended(119, { durationMs: 5000 }), ended(121, failed('timeout')), ended(241), ended(-1));
    const summary = await ask<Summary>(`summary?${RANGE}`);
    expect(summary).toMatchObject({
      range: { from: NOON - 2 * HOUR, to: NOON },
      calls: 2,
      failed: 0,
      duration: { count: 2, p50: 1000, p99: 5000, max: 5000 },
      before: { range: { from: NOON - 4 * HOUR, to: NOON - 2 * HOUR }, calls: 1, failed: 1 },
    });
    expect(summary.asOf).toBeGreaterThan(NOON);
  });

  it('groups measures by names, sorts groups by cost and sums the other groups', async () => {
    const of = (feature: string, costUsd: number): Partial<CallRecord> => ({
      feature,
      cost: { source: 'table', costUsd },
    });
    record(
      ended(1, of('a', 1)),
      ended(2, of('b', 5)),
      ended(3, of('c', 2)),
      ended(4, of('c', 2)),
      ended(130, of('b', 10)),
    );
    const breakdown = await ask<Breakdown>(`breakdown?by=feature&limit=1&${RANGE}`);
    expect(breakdown).toMatchObject({
      by: ['feature'],
      total: { calls: 4, costUsd: 10, duration: null },
      groups: [{ names: { feature: 'b' }, measures: { costUsd: 5 }, before: { costUsd: 10 } }],
      others: { groups: 2, measures: { calls: 3, costUsd: 5 } },
      before: { total: { costUsd: 10 } },
    });
    const all = await ask<Breakdown>(`breakdown?by=feature&by=operation&quantiles=true&${RANGE}`);
    expect(
      all.groups.map(({ names, measures, before }) => [names, measures.duration?.p99, before?.calls]),
    ).toEqual([
      [{ feature: 'b', operation: 'summarize' }, 1000, 1],
      [{ feature: 'c', operation: 'summarize' }, 1000, undefined],
      [{ feature: 'a', operation: 'summarize' }, 1000, undefined],
    ]);
    expect(all.others).toBeNull();
    expect((await ask<Breakdown>(`breakdown?by=route&${RANGE}`)).groups).toMatchObject([
      { names: { route: null } },
    ]);
  });

  it('returns measures over time with the same buckets of the previous period', async () => {
    const of = (feature: string): Partial<CallRecord> => ({ feature });
    record(
      ended(1, of('a')),
      ended(2, of('a')),
      ended(61, of('b')),
      ended(62, of('c')),
      ended(150, of('a')),
      ended(121, { durationMs: 7000 }),
    );
    const query = `by=feature&metric=calls&metric=duration.p99&bucket=30m&limit=1`;
    expect(await ask<Timeline>(`timeline?${query}&${RANGE}`)).toMatchObject({
      bucketMs: HOUR / 2,
      at: [0, 1, 2, 3].map((index) => NOON - 2 * HOUR + (index * HOUR) / 2),
      total: { calls: [null, 2, null, 2], 'duration.p99': [null, 1000, null, 1000] },
      before: { total: { calls: [null, null, null, 2], 'duration.p99': [null, null, null, 7000] } },
      groups: [{ names: { feature: 'a' }, values: { calls: [null, null, null, 2] } }],
      others: { groups: 2, values: { calls: [null, 2, null, null] } },
    });
  });

  it('aligns days of both periods to the UTC offset', async () => {
    record(ended(0), ended(3 * 24 * 60));
    const range = 'from=2026-11-23T23:00:00Z&to=2026-11-26T20:00:00Z';
    const days = await ask<Timeline>(`timeline?metric=calls&bucket=1d&utcOffset=60&${range}`);
    expect(days.at.map((at) => new Date(at).toISOString())).toEqual([
      '2026-11-23T23:00:00.000Z',
      '2026-11-24T23:00:00.000Z',
      '2026-11-25T23:00:00.000Z',
    ]);
    expect(days.total).toEqual({ calls: [1, null, null] });
    // The previous period starts three days earlier, at the same time of day.
    expect(days.before).toMatchObject({ apartMs: 72 * HOUR, total: { calls: [1, null, null] } });
  });

  it('counts failed calls by error type and over time', async () => {
    record(
      ended(1, failed('rate_limit')),
      ended(2, failed('rate_limit')),
      ended(100, failed('timeout')),
      ended(5),
    );
    expect(await ask<Errors>(`errors?bucket=1h&${RANGE}`)).toMatchObject({
      at: [NOON - 2 * HOUR, NOON - HOUR],
      types: [
        { type: 'rate_limit', calls: 2, values: [0, 2] },
        { type: 'timeout', calls: 1, values: [1, 0] },
      ],
    });
  });

  it('returns unpriced calls and marks the cost as a lower bound', async () => {
    const model = 'qwen3-32b';
    record(ended(1), ended(2, { model, cost: { source: 'unknown', costUsd: null } }));
    expect(await ask<Quality>(`quality?${RANGE}`)).toMatchObject({
      lowerBound: true,
      unpricedCalls: 1,
      unpricedModels: [{ provider: 'openai', model, calls: 1 }],
      dropped: 3,
    });
    expect(await ask<Quality>(`quality?model=gpt-4o-mini&${RANGE}`)).toMatchObject({ lowerBound: false });
  });

  it('returns the effect of retries', async () => {
    record(ended(1));
    expect(await ask<Retries>(`retries?${RANGE}`)).toMatchObject({
      calls: 1,
      retries: 0,
      recoveredCalls: 0,
      reasons: [],
    });
  });

  it('counts only calls that match the filters', async () => {
    record(
      ended(1, { feature: 'a' }),
      ended(2, { feature: 'b', operation: 'x' }),
      ended(3, { feature: 'c', provider: null, model: null }),
    );
    for (const [filter, calls] of [
      ['feature=a&feature=b', 2],
      ['feature=b&operation=x', 1],
      ['feature=a&operation=x', 0],
      ['model=', 1],
      ['provider=openai', 2],
      ['feature=A', 0],
    ] as const)
      expect([filter, (await ask<Summary>(`summary?${filter}&${RANGE}`)).calls]).toEqual([filter, calls]);
  });

  it('lists calls page by page', async () => {
    record(...Array.from({ length: 5 }, (_, index) => ended(index + 1, { feature: `f${index}` })));
    const features: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page: CallPage = await ask<CallPage>(`calls?limit=2&${RANGE}${query}`);
      expect(page.calls.length).toBeLessThanOrEqual(2);
      features.push(...page.calls.map(({ feature }) => feature));
      cursor = page.next;
    }
    expect(features).toEqual(['f0', 'f1', 'f2', 'f3', 'f4']);
    const ids = async (query: string): Promise<string[]> =>
      (await ask<CallPage>(`calls?${query}&${RANGE}`)).calls.map(({ id }) => id);
    expect(await ids('order=asc')).toEqual(['5', '4', '3', '2', '1']);
    expect(await ids('text=F3')).toEqual(['4']);
    expect(await ids('outcome=failed')).toEqual([]);
    expect(await ids('retried=false&sort=costUsd')).toHaveLength(5);
  });

  it('returns a call with its neighbors and its trace', async () => {
    const trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
    record(ended(3), ended(2, { trace }), ended(1));
    expect(await ask<CallDetail>('calls/2')).toMatchObject({
      id: '2',
      older: '1',
      newer: '3',
      record: { feature: 'order_dashboard', trace },
      traceUrl: 'https://traces.example/4bf92f3577b34da6a3ce929d0e0e4736?span=00f067aa0ba902b7',
    });
    expect(await ask<CallDetail>('calls/1')).toMatchObject({ traceUrl: null });
    expect((await dashboard.get('/llm/api/calls/4')).status).toBe(404);
  });

  it('returns the status of the telemetry', async () => {
    const status = await ask<Status>('status');
    expect(status).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      prices: { table: expect.stringContaining('genai-prices'), tableDate: '2026-09-23', overrides: 0 },
      store: { state: 'memory', trouble: null },
      live: { clients: 0, limit: 100 },
    });
    expect(status.startedAt).toBeLessThanOrEqual(status.asOf);
    expect(status).toMatchObject({
      service: expect.any(String),
      instance: {
        id: expect.any(String),
        host: expect.any(String),
        pid: process.pid,
        node: process.versions.node,
      },
      firstCallAt: null,
    });
    record(ended(1));
    expect(await ask<Status>('status')).toMatchObject({ firstCallAt: NOON - 60_000 });
  });

  it('responds with 503 while the store is not available', async () => {
    dashboard.store.available = false;
    for (const path of [
      'summary',
      'breakdown?by=model',
      'timeline?metric=calls',
      'errors',
      'retries',
      'quality',
      'calls',
      'calls/1',
      'calls.csv',
    ]) {
      const answer = await dashboard.get(`/llm/api/${path}`);
      expect([path, answer.status, answer.headers['retry-after']]).toEqual([path, 503, '10']);
      expect(answer.json()).toMatchObject({ message: 'The store is not responding.' });
    }
    expect(await ask<Status>('status')).toMatchObject({ store: { state: 'memory' } });
  });

  it('does not reveal internal errors', async () => {
    const { store } = dashboard;
    const { measure } = store;
    store.measure = () => Promise.reject(new Error('/home/ada/secret.db is gone'));
    const answer = await dashboard.get('/llm/api/summary');
    store.measure = measure;
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('secret');
    expect(JSON.stringify(dashboard.logger.of('LlmDashboard'))).not.toContain('secret');
  });

  it('filters and groups by route, tenant and user, with groups that add up to the total', async () => {
    const of = (tenantId: string | undefined, userId: string, route: string | null): Partial<CallRecord> => ({
      route,
      identity: { ...(tenantId && { tenantId }), userId },
    });
    record(
      ended(1, of('acme', 'ada', 'POST /a')),
      ended(2, of('acme', 'eve', 'POST /b')),
      ended(3, of(undefined, 'ada', null)),
    );
    const countsBy = async (query: string): Promise<unknown> => {
      const { groups, total } = await ask<Breakdown>(`breakdown?${query}&${RANGE}`);
      expect(groups.reduce((sum, { measures }) => sum + measures.calls, 0)).toBe(total.calls);
      return Object.fromEntries(
        groups.map(({ names, measures }) => [Object.values(names).join(), measures.calls]),
      );
    };
    expect(await countsBy('by=tenant')).toEqual({ acme: 2, '': 1 });
    expect(await countsBy('by=user&quantiles=true')).toEqual({ ada: 2, eve: 1 });
    expect(await countsBy('by=user&tenant=acme&feature=order_dashboard')).toEqual({ ada: 1, eve: 1 });
    expect(await countsBy('by=route&tenant=')).toEqual({ '': 1 });
    for (const path of ['summary', 'errors', 'retries', 'quality', 'timeline?metric=calls'])
      await ask(`${path}${path.includes('?') ? '&' : '?'}user=ada&${RANGE}`);
    expect(await ask<Summary>(`summary?user=ada&${RANGE}`)).toMatchObject({ calls: 2 });
    const { calls } = await ask<CallPage>(`calls?user=ada&tenant=acme&${RANGE}`);
    expect(calls).toMatchObject([{ user: 'ada', tenant: 'acme', route: 'POST /a' }]);
  });

  it('returns the outcome "aborted" for cancelled and aborted calls', async () => {
    record(ended(1, { finishReason: 'cancelled' }), ended(2, failed('aborted')));
    const { calls } = await ask<CallPage>(`calls?outcome=aborted&${RANGE}`);
    expect(calls.map(({ outcome }) => outcome)).toEqual(['aborted', 'aborted']);
  });

  it('rounds numbers to the precision of their measurement', async () => {
    record(
      ended(1, { durationMs: 1234.56789, cost: { source: 'table', costUsd: 0.1 } }),
      ended(2, { durationMs: 1234.56789, cost: { source: 'table', costUsd: 0.2 } }),
    );
    const { text } = await dashboard.get(`/llm/api/summary?${RANGE}`);
    expect(text).not.toMatch(/\d\.\d{13,}/);
    expect(JSON.parse(text)).toMatchObject({ costUsd: 0.3, duration: { p50: 1235 } });
    const { calls } = await ask<CallPage>(`calls?${RANGE}`);
    expect(calls[0]).toMatchObject({ durationMs: 1234.568 });
  });

  it('accepts UUIDs and the numbers of version 0.1.0 as ids', async () => {
    const uuid = '01a22c53-8200-7000-8000-0005deadbeef';
    expect((await dashboard.get(`/llm/api/calls/${uuid}`)).status).toBe(404);
    expect((await dashboard.get('/llm/api/calls/3612345678901234')).status).toBe(404);
  });

  it.each([
    ['2026-11-24T12:00:00Z', NOON],
    ['2026-11-24T12:00Z', NOON],
    ['2026-11-24T12:00:00.000Z', NOON],
    ['2026-11-24T13:00:00%2B01:00', NOON],
    ['2026-11-24T13:00:00+01:00', NOON],
    ['2026-11-24T06:30:00-05:30', NOON],
    ['2026-11-24T12:00:00', NOON],
    ['2026-11-25', NOON + 12 * HOUR],
  ])('parses %s as a time', async (to, at) => {
    expect(await ask<Summary>(`summary?to=${to}`)).toMatchObject({ range: { from: at - 24 * HOUR, to: at } });
  });

  it('treats hostile names as text and escapes them', async () => {
    const names = [
      `'; DROP TABLE calls; --`,
      '</script><script>alert(1)</script>',
      '../../etc/passwd',
      '__proto__',
      '%00\u2028"\\',
    ];
    for (const feature of names) record(ended(1, { feature }));
    for (const feature of names) {
      const query = new URLSearchParams({ feature }).toString();
      expect((await ask<Summary>(`summary?${query}&${RANGE}`)).calls).toBe(1);
      expect((await ask<CallPage>(`calls?${query}&${RANGE}`)).calls).toMatchObject([{ feature }]);
    }
    const { text } = await dashboard.get(`/llm/api/breakdown?by=feature&${RANGE}`);
    expect(text).not.toContain('<');
    expect((JSON.parse(text) as Breakdown).groups.map(({ names }) => names.feature).sort()).toEqual(
      [...names].sort(),
    );
  });
});
