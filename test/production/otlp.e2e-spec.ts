import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import type { ProcessEnd } from '../support/node-process.js';
import { costOf, ExampleService } from './support/example-service.js';
import { Collector, PROTOCOLS, type Protocol } from './support/otlp/collector.js';
import type { Point, Span } from './support/otlp/exported.js';

/**
 * Compares the telemetry that the example service exports by each protocol of OTLP with the bill of the provider. A
 * receiver decodes the exports.
 */

const ORDERS = [
  'Order #1: 2 x Espresso cups. Total: 29.90.',
  'Order #2: 1 x Lamp, 3 x Cable, delivery to Lyon on Friday. [emulate rate_limit attempts=1 retry_after=0]',
  'Order #3: 4 x Chair, 1 x Table made of oak, delivery on Monday. [emulate truncate after=5]',
  'Order #4: 1 x Grinder. [emulate bad_request]',
  'Order #5: 12 x Glass, wrapped one by one.',
];
const TICKETS = [
  'I was charged twice for my invoice of October.',
  'Where is my parcel? [emulate overloaded attempts=1 retry_after=0]',
];
const CALLS = 2 * ORDERS.length + TICKETS.length;

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

describe.each(
  PROTOCOLS.flatMap((protocol) =>
    (['none', 'gzip'] as const).map((compression): [Protocol, 'none' | 'gzip'] => [protocol, compression]),
  ),
)('export by %s, compression %s', (protocol, compression) => {
  let collector: Collector;
  let service: ExampleService;
  let bill: readonly LedgerEntry[];
  let spans: readonly Span[];
  let end: ProcessEnd;

  beforeAll(async () => {
    collector = await Collector.start(protocol);
    service = await ExampleService.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_COMPRESSION: compression,
    });
    await Promise.all([
      ...ORDERS.map((order) => service.summarize(order)),
      ...ORDERS.map((order) => service.stream(order)),
      ...TICKETS.map((ticket) => service.classify(ticket)),
    ]);
    bill = service.bill();
    end = await service.stop();
    ({ spans } = collector);
  });
  afterAll(async () => {
    await service?.remove();
    await collector?.stop();
  });

  const calls = (): Span[] => spans.filter(({ name }) => name.startsWith('llm.'));
  const attempts = (): Span[] => spans.filter(({ name }) => name.startsWith('chat '));
  const spanOf = (id: string | undefined): Span | undefined => spans.find(({ spanId }) => spanId === id);
  const attemptOf = ({ requestId }: LedgerEntry): Span =>
    attempts().find(({ attributes }) => attributes['llm.request_id'] === requestId)!;
  /** Returns the call of an attempt. The Anthropic SDK may create a span between them. */
  const callOf = (attempt: Span): Span => {
    let span = spanOf(attempt.parentSpanId);
    while (span && !span.name.startsWith('llm.')) span = spanOf(span.parentSpanId);
    return span!;
  };

  it('sends traces and metrics by the configured protocol only', () => {
    expect(end).toEqual({ code: 0, signal: null });
    // Failed calls are logged to stderr; errors of exporters would be, too.
    expect(service.process.stderr).not.toContain('OpenTelemetry');
    const seen = new Set(collector.arrivals.map((arrival) => JSON.stringify(arrival)));
    const gzip = compression === 'gzip';
    expect([...seen].sort()).toEqual(
      ['metrics', 'traces'].map((signal) => JSON.stringify({ signal, protocol, gzip })),
    );
  });

  it('contains a span with the tokens of each request on the bill', () => {
    // 2 orders and a ticket were retried once.
    expect(bill).toHaveLength(CALLS + 3);
    expect(attempts()).toHaveLength(bill.length);
    for (const entry of bill) {
      const attempt = attemptOf(entry);
      expect([entry.requestId, attempt.kind, attempt.attributes['http.response.status_code']]).toEqual([
        entry.requestId,
        'CLIENT',
        entry.status,
      ]);
      if (!entry.billed) continue;
      // Exactly one span carries the usage: the attempt, or its parent span created by the Anthropic SDK.
      const parent = spanOf(attempt.parentSpanId)!;
      const carriers = [attempt, parent].filter(
        ({ attributes }) => attributes['gen_ai.usage.input_tokens'] !== undefined,
      );
      expect(carriers).toHaveLength(1);
      const { attributes } = carriers[0]!;
      expect([
        attributes['gen_ai.response.model'],
        attributes['gen_ai.usage.input_tokens'],
        attributes['gen_ai.usage.output_tokens'],
      ]).toEqual([entry.model, entry.inputTokens, entry.outputTokens]);
    }
  });

  it('contains the cost of each call, and the costs add up to the bill', () => {
    expect(calls()).toHaveLength(CALLS);
    for (const entry of bill.filter(({ billed }) => billed)) {
      const { attributes } = callOf(attemptOf(entry));
      expect(attributes).toMatchObject({
        'llm.model': entry.model,
        'llm.prompt_tokens': entry.inputTokens,
        'llm.completion_tokens': entry.outputTokens,
        'llm.total_tokens': entry.inputTokens + entry.outputTokens,
        'llm.cost_source': 'table',
      });
      expect(attributes['llm.estimated_cost_usd']).toBeCloseTo(costOf(entry), 12);
    }
    const total = sum(calls().map(({ attributes }) => Number(attributes['llm.estimated_cost_usd'] ?? 0)));
    expect(total).toBeCloseTo(sum(bill.map(costOf)), 12);
    expect(total).toBeGreaterThan(0);
  });

  it('links the incoming request, its call and the outgoing requests in one trace', () => {
    for (const call of calls()) {
      expect([call.name, call.kind, call.scope]).toEqual([call.name, 'INTERNAL', 'nestjs-llm-telemetry']);
      const server = spanOf(call.parentSpanId)!;
      expect(server.kind).toBe('SERVER');
      expect(server.name).toMatch(/^POST \/(orders\/summarize(\/stream)?|support\/classify)$/);
      expect(server.parentSpanId).toBeUndefined();
      expect(server.attributes['llm.request.calls']).toBe(1);
      const within = spans.filter(({ traceId }) => traceId === call.traceId);
      expect(within.filter(({ name }) => name.startsWith('chat '))).toHaveLength(
        Number(call.attributes['llm.attempts']),
      );
      expect(within.filter(({ name, kind }) => name === 'POST' && kind === 'CLIENT')).toHaveLength(
        Number(call.attributes['llm.attempts']),
      );
      expect(call.durationMs).toBeCloseTo(Number(call.attributes['llm.latency_ms']), 2);
    }
    const retried = attempts().filter(({ attributes }) => attributes['llm.is_retry'] === true);
    expect(retried).toHaveLength(3);
    for (const attempt of retried) {
      const before = attempts().find(
        ({ traceId, attributes }) => traceId === attempt.traceId && attributes['llm.attempt'] === 0,
      );
      expect(before!.status.code).toBe('ERROR');
      expect(before!.attributes['error.type']).toMatch(/^(rate_limit|overloaded)$/);
    }
  });

  it('contains the status and finish reason or error type of each call', () => {
    const endings = calls().map(
      ({ status, attributes, events }) =>
        `${String(attributes['llm.finish_reason'] ?? attributes['llm.error_type'])}: ${status.code} ${status.message} ${events.join()}`,
    );
    const counted = Object.fromEntries(
      [...new Set(endings)].map((ending) => [ending, endings.filter((other) => other === ending).length]),
    );
    expect(counted).toEqual({
      'stop: OK  ': CALLS - 4,
      'length: ERROR Response truncated by token limit ': 2,
      'bad_request: ERROR Request rejected by the provider exception': 2,
    });
  });

  it('uses the attribute types of the semantic conventions', () => {
    const entry = bill.find(({ provider, stream, billed }) => provider === 'openai' && stream && billed)!;
    const attempt = attemptOf(entry);
    expect(attempt.typed).toMatchObject({
      'gen_ai.operation.name': { string: 'chat' },
      'gen_ai.usage.input_tokens': { int: entry.inputTokens },
      'gen_ai.request.max_tokens': { int: 200 },
      'gen_ai.response.finish_reasons': { array: [expect.any(String)] },
      'gen_ai.response.time_to_first_chunk': { double: expect.any(Number) },
      'llm.is_retry': { bool: expect.any(Boolean) },
      'server.port': { int: expect.any(Number) },
    });
    expect(callOf(attempt).typed).toMatchObject({
      'llm.feature': { string: 'order_dashboard' },
      'llm.total_tokens': { int: entry.inputTokens + entry.outputTokens },
      'llm.estimated_cost_usd': { double: expect.any(Number) },
      'llm.latency_ms': { double: expect.any(Number) },
      'user.id': { string: 'customer-1' },
    });
    expect(attempt.resource).toMatchObject({ 'service.name': 'llm-example', 'service.version': '0.1.0' });
  });

  const points = (metric: string, attributes: Point['attributes'] = {}): Point[] =>
    collector.latest.filter(
      (point) =>
        point.metric === metric &&
        Object.entries(attributes).every(([name, value]) => point.attributes[name] === value),
    );
  const total = (metric: string, attributes: Point['attributes'] = {}): number =>
    sum(points(metric, attributes).map(({ value }) => value));

  it('contains counters that equal the bill', () => {
    const billedOnes = bill.filter((entry) => entry.billed);
    for (const model of new Set(billedOnes.map((entry) => entry.model))) {
      const billed = billedOnes.filter((entry) => entry.model === model);
      const of = { 'gen_ai.response.model': model };
      expect(total('llm.cost', of)).toBeCloseTo(sum(billed.map(costOf)), 12);
      for (const [type, key] of [
        ['input', 'inputTokens'],
        ['output', 'outputTokens'],
      ] as const) {
        const tokens = sum(billed.map((entry) => entry[key]));
        const ofType = { ...of, 'gen_ai.token.type': type };
        expect([model, type, total('llm.tokens', ofType)]).toEqual([model, type, tokens]);
        expect([model, type, total('gen_ai.client.token.usage', ofType)]).toEqual([model, type, tokens]);
      }
    }
    expect(total('llm.calls')).toBe(CALLS);
    expect(total('llm.attempts')).toBe(bill.length);
    expect(total('llm.attempts', { 'llm.is_retry': true })).toBe(3);
    expect(total('llm.truncated')).toBe(2);
    expect(total('llm.errors', { 'llm.error_type': 'bad_request' })).toBe(2);
    expect(total('llm.unpriced')).toBe(0);
    for (const [metric, unit, type] of [
      ['llm.calls', '{call}', 'int'],
      ['llm.cost', 'USD', 'double'],
      ['llm.tokens', '{token}', 'int'],
      ['llm.attempts', '{attempt}', 'int'],
    ] as const) {
      for (const point of points(metric)) {
        expect([metric, point.kind, point.unit, point.type, point.temporality, point.description]).toEqual([
          metric,
          'counter',
          unit,
          type,
          'cumulative',
          expect.stringMatching(/\.$/),
        ]);
      }
    }
  });

  it('contains histograms that match the spans', () => {
    const durations = points('llm.call.duration');
    expect(sum(durations.map(({ count }) => count))).toBe(CALLS);
    expect(sum(durations.map(({ value }) => value))).toBeCloseTo(
      sum(calls().map(({ attributes }) => Number(attributes['llm.latency_ms']) / 1000)),
      4,
    );
    const streamed = ORDERS.length - 1;
    expect(sum(points('llm.time_to_first_token').map(({ count }) => count))).toBe(streamed);
    expect(sum(points('gen_ai.client.operation.duration').map(({ count }) => count))).toBe(bill.length);
    for (const point of collector.latest.filter(
      ({ kind, metric }) => kind === 'histogram' && OURS.test(metric),
    )) {
      expect([point.metric, sum(point.buckets)]).toEqual([point.metric, point.count]);
      expect([point.metric, point.buckets.length]).toEqual([point.metric, point.bounds.length + 1]);
      expect(point.bounds[0]).toBe(point.unit === 's' ? 0.01 : 1);
      // The buckets of the minimum and the maximum are not empty.
      const bucketOf = (value: number): number => {
        const index = point.bounds.findIndex((bound) => value <= bound);
        return index < 0 ? point.bounds.length : index;
      };
      expect(point.buckets[bucketOf(point.min)]).toBeGreaterThan(0);
      expect(point.buckets[bucketOf(point.max)]).toBeGreaterThan(0);
      // The SDK does not support exemplars, see docs/telemetry.md.
      expect(point.exemplars).toBe(0);
    }
    // The example service configures a view, because the instrumentation's buckets end at 10 s.
    expect(points('http.server.request.duration')[0]!.bounds.at(-1)).toBe(80);
  });
});

const OURS = /^(llm|gen_ai)\./;

describe.each(PROTOCOLS)('counters exported by %s while calls are made', (protocol) => {
  it.each(['cumulative', 'delta'] as const)('equal the bill: %s', async (temporality) => {
    const collector = await Collector.start(protocol);
    const service = await ExampleService.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
      OTEL_METRIC_EXPORT_INTERVAL: '300',
    });
    const counted = (points: readonly Point[], metric: string): number =>
      sum(points.filter((point) => point.metric === metric).map(({ value, count }) => count || value));
    /** Returns the exported total of a metric so far. */
    const exportedTotal = (metric: string): number =>
      temporality === 'delta'
        ? sum(collector.exports.map((points) => counted(points, metric)))
        : Math.max(0, ...collector.exports.map((points) => counted(points, metric)));
    try {
      for (let round = 1; round <= 3; round++) {
        await Promise.all(ORDERS.map((order) => service.summarize(order)));
        await collector.until(() => exportedTotal('llm.calls') === round * ORDERS.length);
      }
      await service.summarize(ORDERS[0]!);
      const bill = service.bill();
      expect(await service.stop()).toEqual({ code: 0, signal: null });

      const calls = 3 * ORDERS.length + 1;
      expect(exportedTotal('llm.calls')).toBe(calls);
      expect(exportedTotal('llm.call.duration')).toBe(calls);
      expect(exportedTotal('llm.cost')).toBeCloseTo(sum(bill.map(costOf)), 12);
      expect(exportedTotal('llm.tokens')).toBe(
        sum(bill.filter(({ billed }) => billed).map((entry) => entry.inputTokens + entry.outputTokens)),
      );
      expect(exportedTotal('llm.attempts')).toBe(bill.length);
      const ours = collector.exports.flat().filter(({ metric }) => OURS.test(metric));
      expect(new Set(ours.map((point) => point.temporality))).toEqual(new Set([temporality]));

      const series = ours.filter(
        ({ metric, attributes }) =>
          metric === 'llm.calls' && attributes['gen_ai.response.model'] === 'gpt-4o-mini-2024-07-18',
      );
      expect(series.length).toBeGreaterThanOrEqual(4);
      for (const [index, point] of series.entries()) {
        expect(point.to).toBeGreaterThanOrEqual(point.from);
        const before = series[index - 1];
        if (!before) continue;
        if (temporality === 'cumulative') {
          expect(point.from).toBe(before.from);
          expect(point.value).toBeGreaterThanOrEqual(before.value);
        } else {
          expect(point.from).toBeGreaterThanOrEqual(before.to);
        }
      }
    } finally {
      await service.remove();
      await collector.stop();
    }
  });
});
