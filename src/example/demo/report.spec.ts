import type { ExportedSpan } from './otlp-receiver.js';
import { quantile, reportOf } from './report.js';

let count = 0;

function span(
  name: string,
  attributes: ExportedSpan['attributes'],
  status: ExportedSpan['status'] = 'OK',
): ExportedSpan {
  const spanId = `span-${++count}`;
  return { name, traceId: 'trace', spanId, status, statusMessage: '', attributes, resource: {} };
}

interface CallValues {
  readonly feature?: string;
  readonly operation?: string;
  readonly model?: string;
  readonly cost?: number;
  readonly duration?: number;
  readonly firstToken?: number;
  readonly finish?: string | null;
  readonly error?: string;
  readonly attempts?: number;
}

/** Creates the span of a call, a successful one by default. */
function call({
  feature = 'orders',
  operation = 'summarize',
  model = 'small',
  cost,
  duration = 100,
  firstToken,
  finish = 'stop',
  error,
  attempts = 1,
}: CallValues = {}): ExportedSpan {
  const attributes = {
    'llm.feature': feature,
    'llm.operation': operation,
    'llm.model': model,
    'llm.latency_ms': duration,
    'llm.attempts': attempts,
    ...(cost === undefined
      ? { 'llm.cost_source': 'unknown' }
      : { 'llm.cost_source': 'table', 'llm.estimated_cost_usd': cost }),
    ...(firstToken === undefined ? {} : { 'llm.time_to_first_token_ms': firstToken }),
    ...(finish === null ? {} : { 'llm.finish_reason': finish }),
    ...(finish === 'length' ? { 'llm.truncated': true } : {}),
    ...(error === undefined ? {} : { 'llm.error': true, 'llm.error_type': error }),
  };
  return span(`llm.${operation}`, attributes, error === undefined && finish !== 'length' ? 'OK' : 'ERROR');
}

function attempt(isRetry: boolean): ExportedSpan {
  return span('chat small', { 'llm.feature': 'orders', 'llm.model': 'small', 'llm.is_retry': isRetry });
}

describe('demo report', () => {
  it('counts calls, excluding attempts and HTTP requests', () => {
    const { calls, costUsd, unpriced } = reportOf([
      span('POST /orders/summarize', { 'llm.request.calls': 1, 'llm.request.estimated_cost_usd': 0.5 }),
      call({ cost: 0.5 }),
      attempt(false),
      span('POST', {}),
      call({ cost: 0.25 }),
      call({ cost: undefined }),
    ]);
    expect({ calls, costUsd, unpriced }).toEqual({ calls: 3, costUsd: 0.75, unpriced: 1 });
  });

  it('lists the cost by feature in descending order, with its share and cumulative share', () => {
    const { features } = reportOf([
      call({ feature: 'chat', cost: 1 }),
      call({ feature: 'orders', cost: 3 }),
      call({ feature: 'support', cost: 1.5 }),
      call({ feature: 'orders', cost: 2 }),
      call({ feature: 'support', cost: 0.5 }),
      call({ feature: 'chat', cost: undefined }),
    ]);
    expect(features).toEqual([
      { feature: 'orders', calls: 2, costUsd: 5, unpriced: 0, share: 0.625, runningShare: 0.625 },
      { feature: 'support', calls: 2, costUsd: 2, unpriced: 0, share: 0.25, runningShare: 0.875 },
      { feature: 'chat', calls: 2, costUsd: 1, unpriced: 1, share: 0.125, runningShare: 1 },
    ]);
  });

  it('returns shares of 0 if the total cost is 0', () => {
    const { costUsd, features } = reportOf([call({ cost: 0 }), call({ cost: undefined })]);
    expect(costUsd).toBe(0);
    expect(features).toEqual([
      { feature: 'orders', calls: 2, costUsd: 0, unpriced: 1, share: 0, runningShare: 0 },
    ]);
  });

  it('computes duration quantiles by operation, and the time to first token of streamed calls', () => {
    const { operations } = reportOf([
      ...[30, 10, 40, 20].map((duration) => call({ operation: 'classify', duration })),
      call({ operation: 'stream', duration: 900, firstToken: 200 }),
      call({ operation: 'stream', duration: 500, firstToken: 100 }),
      call({ operation: 'stream', duration: 700, firstToken: 300 }),
      // Failed before the first token.
      call({ operation: 'stream', duration: 50, finish: null, error: 'rate_limit' }),
    ]);
    expect(operations).toEqual([
      { operation: 'classify', calls: 4, p50Ms: 20, p99Ms: 40, firstTokenMs: null },
      { operation: 'stream', calls: 4, p50Ms: 500, p99Ms: 900, firstTokenMs: 200 },
    ]);
  });

  it('counts truncated calls by response model, with the highest rate first', () => {
    const { models } = reportOf([
      call({ model: 'small-2024-07-18' }),
      call({ model: 'small-2024-07-18', finish: 'length' }),
      call({ model: 'small-2024-07-18' }),
      call({ model: 'large-2025-01-01', finish: 'length' }),
      call({ model: 'large-2025-01-01' }),
    ]);
    expect(models).toEqual([
      { model: 'large-2025-01-01', calls: 2, truncated: 1 },
      { model: 'small-2024-07-18', calls: 3, truncated: 1 },
    ]);
  });

  it('excludes calls without a response from the truncation by model', () => {
    const { calls, models } = reportOf([
      call({ model: 'small-2024-07-18', finish: 'length' }),
      call({ model: 'small-2024-07-18' }),
      call({ model: 'small', finish: null, error: 'rate_limit' }),
      call({ model: 'small-2024-07-18', finish: null, error: 'stream_cut' }),
    ]);
    expect(calls).toBe(4);
    expect(models).toEqual([{ model: 'small-2024-07-18', calls: 2, truncated: 1 }]);
  });

  it('counts errors by type, with the most frequent first', () => {
    const { errors } = reportOf([
      call(),
      call({ error: 'timeout', finish: null }),
      call({ error: 'rate_limit', finish: null }),
      call({ error: 'parse' }),
      call({ error: 'rate_limit', finish: null }),
      // A truncated response has no error type.
      call({ finish: 'length' }),
      call({ error: 'rate_limit', finish: null }),
      call({ error: 'parse' }),
    ]);
    expect(errors).toEqual([
      { errorType: 'rate_limit', calls: 3 },
      { errorType: 'parse', calls: 2 },
      { errorType: 'timeout', calls: 1 },
    ]);
  });

  it('counts retried attempts, retried calls and recovered calls', () => {
    const { retries } = reportOf([
      call(),
      attempt(false),
      call({ attempts: 2 }),
      attempt(false),
      attempt(true),
      call({ attempts: 3, error: 'rate_limit', finish: null }),
      attempt(false),
      attempt(true),
      attempt(true),
    ]);
    expect(retries).toEqual({ retriedCalls: 2, recovered: 1, retries: 3 });
  });

  it('is empty without spans', () => {
    expect(reportOf([])).toEqual({
      calls: 0,
      costUsd: 0,
      unpriced: 0,
      features: [],
      operations: [],
      models: [],
      errors: [],
      retries: { retriedCalls: 0, recovered: 0, retries: 0 },
    });
  });
});

describe('quantile', () => {
  const hundredToOne = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each<[string, number, number[], number]>([
    ['one value', 0.5, [7], 7],
    ['an odd number of values', 0.5, [3, 1, 2], 2],
    ['an even number of values', 0.5, [4, 1, 3, 2], 2],
    ['few values, near their end', 0.99, [4, 1, 3, 2], 4],
    ['a hundred values, in the middle', 0.5, hundredToOne, 50],
    ['a hundred values, near their end', 0.99, hundredToOne, 99],
    ['values that would sort differently as text', 0.5, [100, 9, 20], 20],
  ])('returns the nearest rank of %s', (_, q, values, expected) => {
    expect(quantile(values, q)).toBe(expected);
  });

  it('does not change the order of the values', () => {
    const values = [3, 1, 2];
    quantile(values, 0.5);
    expect(values).toEqual([3, 1, 2]);
  });
});
