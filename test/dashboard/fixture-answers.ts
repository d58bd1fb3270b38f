import type {
  AlertInstance,
  AlertRule,
  AlertsResponse,
  Breakdown,
  BudgetsResponse,
  BudgetStatus,
  Dimension,
  Errors,
  Measures,
  Metric,
  Quality,
  Retries,
  Series,
  Status,
  Summary,
  Timeline,
  WhatIf,
} from '../../src/llm-telemetry/dashboard/api/index.js';
import { add, FixtureTraffic, nothing, type Where } from './fixture-traffic.js';
import { bucketsIn, type FixtureState, periodBefore, type Question, whereIn } from './fixture-query.js';

/** Returns true if the state has no calls. */
export function isEmpty(state: FixtureState): boolean {
  return state === 'empty' || state === 'missed';
}

/** Returns the response of the API in a state of the service, or `null` if the endpoint does not exist. */
export function fixtureAnswer(
  endpoint: string,
  query: URLSearchParams,
  state: FixtureState,
  now: number,
): object | null {
  const to = Date.parse(query.get('to') ?? '') || now;
  const from = Date.parse(query.get('from') ?? '') || to - 86_400_000;
  const question: Question = {
    range: { from, to },
    where: whereIn(query),
    query,
    traffic: trafficOf(state, now),
    now,
    state,
  };
  return ANSWERS[endpoint]?.(question) ?? null;
}

const ANSWERS: Readonly<Record<string, (question: Question) => object>> = {
  summary,
  breakdown,
  timeline,
  errors,
  retries,
  quality,
  budgets,
  'what-if': whatIf,
  alerts,
  status,
};

/** Cache of the last traffic, because the page sends several requests at once. */
let cached: { key: string; traffic: FixtureTraffic } | undefined;

function trafficOf(state: FixtureState, now: number): FixtureTraffic {
  // Rounded to seconds, so that requests of one second share the cache.
  const until = Math.floor(now / 1000) * 1000;
  const key = `${state} ${until}`;
  if (cached?.key !== key)
    cached = { key, traffic: new FixtureTraffic(isEmpty(state) ? 0 : until, state === 'calm') };
  return cached.traffic;
}

function summary({ range, where, traffic, now }: Question): Summary {
  const before = periodBefore(range);
  return {
    range,
    asOf: now,
    ...traffic.measures(range, where),
    before: { range: before, ...traffic.measures(before, where) },
  };
}

function breakdown({ range, where, query, traffic, now }: Question): Breakdown {
  const by = query.getAll('by') as Dimension[];
  const limit = Number(query.get('limit') ?? 100);
  const before = periodBefore(range);
  const groups = traffic.groups(range, by, where);
  const groupsBefore = traffic.groups(before, by, where);
  const rest = groups.slice(limit);
  return {
    range,
    asOf: now,
    by,
    total: traffic.measures(range, where),
    groups: groups.slice(0, limit).map(({ names, measures }) => ({
      names,
      measures,
      before:
        groupsBefore.find((group) => JSON.stringify(group.names) === JSON.stringify(names))?.measures ?? null,
    })),
    others:
      rest.length > 0 ? { groups: rest.length, measures: sum(rest.map(({ measures }) => measures)) } : null,
    before: { range: before, total: traffic.measures(before, where) },
  };
}

function timeline({ range, where, query, traffic, now }: Question): Timeline {
  const by = query.getAll('by') as Dimension[];
  const metrics = query.getAll('metric') as Metric[];
  const buckets = bucketsIn(range);
  const shiftMs = range.to - range.from;
  const series = (where: Where, shift = 0): Series => {
    const all = buckets.at.map((start) =>
      traffic.measures({ from: start - shift, to: start - shift + buckets.bucketMs }, where),
    );
    return Object.fromEntries(
      metrics.map((metric) => [metric, all.map((one) => (one.calls === 0 ? null : valueOf(one, metric)))]),
    );
  };
  const limit = Number(query.get('limit') ?? 6);
  const groups = by.length > 0 ? traffic.groups(range, by, where) : [];
  return {
    range,
    asOf: now,
    by,
    ...buckets,
    total: series(where),
    before: { range: periodBefore(range), apartMs: shiftMs, total: series(where, shiftMs) },
    groups: groups.slice(0, limit).map(({ names }) => ({
      names,
      values: series({
        ...where,
        ...Object.fromEntries(Object.entries(names).map(([name, value]) => [name, [value ?? '']])),
      }),
    })),
    others: null,
  };
}

function errors({ range, where, traffic, now }: Question): Errors {
  const buckets = bucketsIn(range);
  const byBucket = buckets.at.map((from) => traffic.errors({ from, to: from + buckets.bucketMs }, where));
  return {
    range,
    asOf: now,
    ...buckets,
    types: traffic.errors(range, where).map((one) => ({
      ...one,
      values: byBucket.map((all) => all.find(({ type }) => type === one.type)?.calls ?? 0),
    })),
  };
}

function retries({ range, where, traffic, now }: Question): Retries {
  return {
    range,
    asOf: now,
    ...traffic.measures(range, where, false),
    reasons: traffic.retryReasons(range, where),
  };
}

function quality({ range, where, traffic, now }: Question): Quality {
  const measures = traffic.measures(range, where, false);
  return {
    range,
    asOf: now,
    ...measures,
    lowerBound: measures.unpricedCalls + measures.missingUsageCalls > 0,
    unpricedModels:
      measures.unpricedCalls > 0
        ? [
            {
              provider: 'openai',
              model: 'qwen3-32b',
              calls: measures.unpricedCalls,
              inputTokens: measures.unpricedCalls * 400,
              outputTokens: measures.unpricedCalls * 12,
            },
          ]
        : [],
    dropped: 0,
  };
}

const DAY_MS = 86_400_000;

/** Returns monthly budgets in the state `busy`, one of which is exceeded. Two thirds of the period have passed. */
function budgets({ now, state }: Question): BudgetsResponse {
  if (state !== 'busy') return { asOf: now, budgets: [] };
  const from = (Math.floor(now / DAY_MS) - 20) * DAY_MS;
  const period = { from, to: from + 30 * DAY_MS };
  const passed = (now - period.from) / (period.to - period.from);
  const budget = (feature: string | null, limitUsd: number, pace: number): BudgetStatus => {
    const willPass = pace > 1 && pace * passed < 1;
    return {
      name: `$${limitUsd} a month for ${feature ?? 'all calls'}`,
      feature,
      tenant: null,
      per: 'month',
      onExceed: 'warn',
      period,
      limitUsd,
      spentUsd: limitUsd * pace * passed,
      lowerBound: feature === null,
      unknownCalls: feature === null ? 3214 : 0,
      exceeded: pace * passed >= 1,
      reservedUsd: 0,
      callsInFlight: 0,
      ledger: 'responding',
      projectedUsd: limitUsd * pace,
      usedUpAt: willPass ? period.from + (period.to - period.from) / pace : null,
    };
  };
  return {
    asOf: now,
    budgets: [
      budget(null, 4500, 0.86),
      budget('support_chat', 1600, 1.17),
      budget('contract_review', 1500, 0.81),
    ],
  };
}

function whatIf({ range, query, now }: Question): WhatIf {
  return {
    range,
    asOf: now,
    feature: query.get('feature'),
    model: query.get('model') ?? '',
    provider: 'openai',
    calls: 21_480,
    readCalls: 2000,
    repricedCalls: 1991,
    spentUsd: 84.93,
    wouldBeUsd: 5.12,
    differenceUsd: -79.81,
    notRepriced: [{ reason: 'no usage', calls: 9 }],
    estimatedCalls: 4,
    confidence: 'medium',
  };
}

function status({ now, state, traffic }: Question): Status {
  const memory = state === 'memory';
  const empty = isEmpty(state);
  return {
    service: 'orders-api',
    serviceVersion: '2.4.1',
    environment: 'production',
    instance: { id: 'orders-7d9f:4711', host: 'orders-7d9f', pid: 4711, node: '24.4.0' },
    firstCallAt: empty ? null : now - 30 * 86_400_000,
    version: '1.0.0',
    asOf: now,
    startedAt: now - 3 * 3_600_000,
    capture: {
      requests: empty ? 0 : 1_310_204,
      missedRequests: state === 'missed' ? 3 : 0,
      missedHost: state === 'missed' ? 'api.openai.com' : null,
      missedByHost: state === 'missed' ? { 'api.openai.com': 3 } : {},
      missedByTransport: state === 'missed' ? { undici: { 'api.openai.com': 3 } } : {},
    },
    prices: { table: '@pydantic/genai-prices 0.1.8 of 2026-11-18', tableDate: '2026-11-18', overrides: 1 },
    store: {
      kind: 'sqlite',
      where: '/srv/orders/.llm-telemetry/calls.db',
      state: memory ? 'memory' : 'stored',
      trouble: memory
        ? { reason: 'full', message: 'There is no room left on the disk.', since: now - 228_000 }
        : null,
      written: empty ? 0 : 1_204_311,
      waiting: 0,
      waitingSince: null,
      dropped: { queue_full: 0, worker_failed: 0, write_failed: 0, closed: 0 },
      kept: empty ? 0 : 1_204_311,
      oldest: empty ? null : now - 30 * 86_400_000,
      newest: empty ? null : traffic.measures({ from: now - 1, to: now }).calls && now,
      bytes: empty ? 40_960 : 432_013_312,
    },
    separateInstances: [],
    live: { clients: 1, limit: 100 },
  };
}

function alerts({ now, state }: Question): AlertsResponse {
  const minutes = 60_000;
  const rule = (
    name: AlertRule['name'],
    unit: AlertRule['unit'],
    limit: number | null,
    windowMinutes: number,
    forMinutes: number,
    instances: AlertInstance[] = [],
  ): AlertRule => {
    const wrong = state === 'busy' || state === 'memory';
    const shown = wrong ? instances : instances.filter((one) => CALM.has(one.state));
    return {
      name,
      severity: 'warning',
      state: shown[0]?.state ?? (name === 'budget_burn' ? 'disabled' : 'ok'),
      condition: `When ${name} is beyond its limit in ${windowMinutes} min`,
      unit,
      limit,
      fires: name === 'traffic_gone' ? 'below' : 'above',
      windowMs: windowMinutes * minutes,
      forMs: forMinutes * minutes,
      instances: shown,
    };
  };
  const instance = (
    state: AlertInstance['state'],
    names: AlertInstance['names'],
    [value, limit]: [number | null, number | null],
    minutesAgo: number,
    note: string | null = null,
  ): AlertInstance => ({
    state,
    names,
    value,
    limit,
    since: now - minutesAgo * minutes,
    lastFiredAt: state === 'firing' ? now - minutesAgo * minutes : null,
    sentence: `${Object.values(names).join(', ')} is at ${value}, and its limit is ${limit}.`,
    note,
  });
  const all = [
    rule('cost_spike', 'usd_per_hour', null, 60, 10, [
      instance('firing', { feature: 'support_chat' }, [13.82, 6.4], 134),
    ]),
    rule('truncation_spike', 'ratio', 0.05, 15, 5, [
      instance('firing', { model: 'gpt-4o-mini' }, [0.058, 0.05], 93),
    ]),
    rule('rate_limiting', 'per_minute', 10, 1, 5, [instance('pending', {}, [11, 10], 2)]),
    rule('high_latency', 'ms', 10_000, 5, 2, [
      instance('ok', { feature: 'support_chat', operation: 'reply' }, [9120, 10_000], 600),
      instance('ok', { feature: 'order_dashboard', operation: 'summarize' }, [4310, 10_000], 600),
      instance(
        'insufficient_data',
        { feature: 'contract_review', operation: 'redline' },
        [null, 10_000],
        40,
        'Too few calls: 7 in 5 min, at least 20 required.',
      ),
    ]),
    rule('content_filter', 'calls', 3, 60, 0),
    rule('error_ratio', 'ratio', 0.05, 5, 5, [
      instance('ok', { feature: 'support_chat' }, [0.011, 0.05], 600),
    ]),
    rule('unpriced_calls', 'calls', 0, 60, 0),
    rule('missing_usage', 'ratio', 0.01, 60, 15),
    rule('budget_burn', 'usd', null, 60, 0),
    rule('traffic_gone', 'calls', 20, 30, 0),
  ];
  return {
    evaluatedAt: now,
    lastFiredAt: now - 4 * 86_400_000,
    alerts: all,
    firings: all
      .flatMap(({ name, instances }) => instances.map((one) => ({ name, ...one })))
      .filter(({ state }) => state === 'firing')
      .map(({ name, names, since }) => ({ name, names, from: since, to: null })),
  };
}

const CALM: ReadonlySet<AlertInstance['state']> = new Set(['ok', 'insufficient_data']);

function valueOf(measures: Measures, metric: Metric): number | null {
  const [of, quantile] = metric.split('.') as ['duration', 'p50' | undefined];
  return quantile ? (measures[of]?.[quantile] ?? null) : (measures[metric as 'calls'] ?? null);
}

function sum(all: readonly Measures[]): Measures {
  const total = nothing();
  for (const one of all) add(total, one);
  return { ...total, duration: null, firstToken: null };
}
