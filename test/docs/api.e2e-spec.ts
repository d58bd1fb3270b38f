import { readFileSync } from 'node:fs';
import { QUERIES } from '../../src/llm-telemetry/dashboard/server/endpoints/queries.schema.js';
import { parseQuery } from '../../src/llm-telemetry/validation/query.js';
import { CSV_HEAD } from '../../src/llm-telemetry/analytics/exports.js';
import { LlmTelemetryQueries } from '../../src/llm-telemetry/analytics/llm-telemetry-queries.js';
import { KNOWN_OUTCOMES, OUTCOME_GROUPS } from '../../src/llm-telemetry/calls/outcome.js';
import { boundedName } from '../../src/llm-telemetry/text/bounded-name.js';
import { PART_LIMITS } from '../../src/llm-telemetry/store/core/call-parts.js';
import { callRecord } from '../support/call-record.js';
import { startDashboardApp, type DashboardApp } from '../support/dashboard-app.js';

/** Verifies the claims of docs/api.md. */

const PAGE = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');

/** Returns the text of a section, by its heading. */
function section(heading: string): string {
  const [, text] = PAGE.split(`${heading}\n`, 2);
  return text!.split(/\n#{2,3} /, 1)[0]!;
}

/** Returns the example response of an endpoint. */
function example(heading: string): Record<string, unknown> {
  const [, json] = /```json\n(.*?)```/s.exec(section(heading))!;
  return JSON.parse(json!) as Record<string, unknown>;
}

/** Returns all names between backticks. */
const named = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

const FROM = Date.UTC(2026, 10, 24, 10);
const RANGE = 'from=2026-11-24T10:00:00Z&to=2026-11-24T12:00:00Z';

describe('docs/api.md', () => {
  let dashboard: DashboardApp;
  beforeAll(async () => {
    dashboard = await startDashboardApp({
      options: { budgets: [{ feature: 'orders', usd: 10, per: 'day', onExceed: 'warn' }] },
    });
    const unpriced = {
      cost: { source: 'unknown', reason: 'no price', reasonCode: 'unpriced_model' },
    } as const;
    for (const [minute, cost] of [{}, {}, unpriced, {}].entries()) {
      const refused = {
        failure: { type: 'rate_limit', errorClass: 'rate_limit' },
        usage: null,
        cost: null,
      } as const;
      dashboard.store.record(
        callRecord({
          endedAt: FROM + minute * 60_000,
          feature: minute === 0 ? 'orders' : 'support',
          attempts: [refused, { ...cost, isRetry: true }],
          failure: minute === 1 ? { type: 'timeout', errorClass: 'TimeoutError' } : null,
          identity: { tenantId: 'acme', userId: 'ada' },
        }),
      );
    }
  });
  afterAll(() => dashboard.stop());

  const ask = async (path: string): Promise<Record<string, unknown>> => {
    const answer = await dashboard.get(`/llm/api/${path}`);
    expect([path, answer.status]).toEqual([path, 200]);
    return answer.json() as Record<string, unknown>;
  };

  it.each([
    ['### api/summary', `summary?${RANGE}`],
    ['### api/breakdown', `breakdown?by=tenant&${RANGE}`],
    ['### api/timeline', `timeline?by=feature&metric=calls&bucket=30m&${RANGE}`],
    ['### api/errors', `errors?bucket=30m&${RANGE}`],
    ['### api/retries', `retries?${RANGE}`],
    ['### api/quality', `quality?${RANGE}`],
    ['### api/calls', `calls?limit=1&${RANGE}`],
    ['### api/budgets', 'budgets'],
    ['### api/what-if', `what-if?model=gpt-4o-mini&feature=support&${RANGE}`],
    ['### api/status', 'status'],
  ])('documents the fields of %s', async (heading, path) => {
    const answer = await ask(path);
    const shown = example(heading);
    expect(Object.keys(shown).sort()).toEqual(Object.keys(answer).sort());
    for (const list of ['groups', 'types', 'reasons', 'calls', 'budgets', 'unpricedModels'] as const) {
      const [one] = Array.isArray(shown[list]) ? (shown[list] as object[]) : [];
      const [other] = Array.isArray(answer[list]) ? (answer[list] as object[]) : [];
      if (one && other) expect(Object.keys(one).sort()).toEqual(Object.keys(other).sort());
    }
  });

  it('lists every endpoint with a link that responds', async () => {
    const endpoints = named(section('## Endpoints')).filter((name) => name.startsWith('api/'));
    const paths = new Set(endpoints.map((name) => name.replace('<id>', '1')));
    expect(paths.size).toBeGreaterThanOrEqual(14);
    for (const path of paths) {
      if (path === 'api/live') continue;
      const query = {
        'api/breakdown': '?by=user',
        'api/timeline': '?metric=calls',
        'api/what-if': '?model=gpt-4o',
      };
      const { status } = await dashboard.get(`/llm/${path}${query[path as keyof typeof query] ?? ''}`);
      expect([path, status]).toEqual([path, 200]);
    }
  });

  it('lists every parameter', () => {
    const rows = section('## Parameters')
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    const documented = rows.flatMap((row) => named(row.split('|')[1]!));
    const { 'api/what-if': _, ...others } = QUERIES;
    const parameters = Object.values(others).flatMap((query) => Object.keys(query));
    expect(documented.sort()).toEqual([...new Set(parameters)].sort());
  });

  it('quotes an unknown parameter and lists the allowed ones', async () => {
    const answer = await dashboard.get('/llm/api/summary?x=1');
    expect(answer.status).toBe(400);
    expect((answer.json() as { message: string }).message).toMatch(
      /^Unknown query parameter "x"\. Allowed: from, to, /,
    );
  });

  it('lists every value of the outcome filter', () => {
    const [, list] = section('### api/calls').split('The filter takes:');
    const documented = new Set(named(list!.split('\n\n`costReasonCode')[0]!));
    expect([...documented].sort()).toEqual([...new Set([...KNOWN_OUTCOMES, ...OUTCOME_GROUPS])].sort());
  });

  it('lists the CSV columns in order', () => {
    const [, columns] = /header row:\s+`([^`]+)`/.exec(section('### api/calls.csv and api/calls.ndjson'))!;
    expect(columns!.split(/,\s+/)).toEqual(CSV_HEAD.trim().split(','));
  });

  it('states the limits of names, values and calls', () => {
    const parse = (query: string) => parseQuery(QUERIES['api/calls'], new URLSearchParams(query));
    expect(parse('feature=a&'.repeat(50)).feature).toHaveLength(50);
    expect(() => parse('feature=a&'.repeat(51))).toThrow('at most 50 times');
    const long = 'a'.repeat(201);
    expect(parse(`feature=${long}`).feature).toEqual([boundedName(long)]);
    expect(() => parse(`text=${long}`)).toThrow('must be at most 200 characters long');
    expect(PART_LIMITS).toEqual({ calls: 50_000, scanned: 2_000_000 });
    expect(PAGE).toContain('50,000 matching calls among');
  });

  it('omits budgets that do not apply to the selected calls', async () => {
    const budgetsFor = async (query: string): Promise<number> =>
      ((await ask(`budgets?${query}`))['budgets'] as unknown[]).length;
    expect([
      await budgetsFor(''),
      await budgetsFor('feature=orders'),
      await budgetsFor('feature=support'),
    ]).toEqual([1, 1, 0]);
    dashboard.store.record(callRecord({ feature: 'orders', operation: 'today' }));
    expect([await budgetsFor('operation=today'), await budgetsFor('operation=other')]).toEqual([1, 0]);
  });

  it('applies filters to the calls of what-if', async () => {
    const callsFor = async (query: string): Promise<unknown> =>
      (await ask(`what-if?model=gpt-4o&${RANGE}&${query}`))['calls'];
    expect(await callsFor('')).toBe(4);
    expect(await callsFor('feature=support')).toBe(3);
    expect(await callsFor('fromModel=gpt-4o-mini&user=ada')).toBe(4);
    expect(await callsFor('fromModel=nothing')).toBe(0);
  });

  it('returns the same data from the queries as from the API', async () => {
    const queries = dashboard.app.get(LlmTelemetryQueries, { strict: false });
    const { calls } = await queries.summary({
      range: { from: FROM, to: FROM + 7_200_000 },
      where: { user: ['ada'] },
    });
    expect((await ask(`summary?user=ada&${RANGE}`))['calls']).toBe(calls);
  });
});
