import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import type { ProcessEnd } from '../support/node-process.js';
import { costOf, ExampleService } from './support/example-service.js';
import { Collector } from './support/otlp/collector.js';
import type { Point } from './support/otlp/exported.js';
import { setTimeout as pause } from 'node:timers/promises';

/** Sampling of traces must not affect costs in metrics, store, dashboard and logs. */

const CALLS = 300;
const TOKEN = 'a-secret-that-is-long-enough-for-a-test';

/** Faults of the provider: some calls are retried, truncated or rejected. */
const FAULTS = [
  '',
  '',
  '',
  '[emulate rate_limit attempts=1 retry_after=0]',
  '[emulate truncate after=5]',
  '[emulate bad_request]',
];

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
const usd = (bill: readonly LedgerEntry[]): number => sum(bill.map(costOf));

/** Log line of a call. */
interface CallLine {
  readonly trace_id?: string;
  readonly cost_usd?: number;
  readonly feature?: string;
}

describe.each<[sampler: string, arg: string, kept: (traces: number) => boolean]>([
  // About 3 of 300 traces are expected; the probability of 30 or more is less than 10^-19.
  ['traceidratio', '0.01', (traces) => traces < 30],
  ['parentbased_traceidratio', '0.01', (traces) => traces < 30],
  ['always_off', '', (traces) => traces === 0],
  ['always_on', '', (traces) => traces === CALLS],
])('telemetry with the sampler %s %s', (sampler, arg, kept) => {
  let collector: Collector;
  let service: ExampleService;
  let bill: readonly LedgerEntry[];
  let summary: { calls: number; costUsd: number; inputTokens: number; outputTokens: number };
  let exported: ReadonlyArray<{ readonly costUsd: number | null }>;
  let lines: readonly CallLine[];
  let end: ProcessEnd;

  beforeAll(async () => {
    collector = await Collector.start('http/protobuf');
    service = await ExampleService.start({
      NODE_ENV: 'production',
      LLM_DASHBOARD_TOKEN: TOKEN,
      OTEL_TRACES_SAMPLER: sampler,
      OTEL_TRACES_SAMPLER_ARG: arg,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      // Large enough that no sampled span is dropped.
      OTEL_BSP_MAX_QUEUE_SIZE: '10000',
    });
    for (let done = 0; done < CALLS; done += 20) {
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => {
          const text = `Order #${done + index}: ${index + 1} x Lamp. ${FAULTS[index % FAULTS.length]!}`;
          return index % 4 === 3 ? service.classify(text) : service.summarize(text);
        }),
      );
    }
    bill = service.bill();
    const getApi = (path: string): Promise<Response> =>
      service.get(`/llm/api/${path}`, { authorization: `Bearer ${TOKEN}` });
    // The store writes calls asynchronously.
    do {
      await pause(50);
      summary = (await (await getApi('summary')).json()) as typeof summary;
    } while (summary.calls < CALLS);
    exported = (await (await getApi('calls.ndjson')).text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { costUsd: number | null });
    end = await service.stop();
    lines = callLines(service);
  });
  afterAll(async () => {
    await service?.remove();
    await collector?.stop();
  });

  it('exports the expected share of traces', () => {
    expect(end).toEqual({ code: 0, signal: null });
    const traces = new Set(
      collector.spans.filter(({ name }) => name.startsWith('llm.')).map(({ traceId }) => traceId),
    );
    expect([traces.size, kept(traces.size)]).toEqual([traces.size, true]);
  });

  it('contains the full cost in metrics', () => {
    const exportedTotal = (metric: string, attributes: Point['attributes'] = {}): number =>
      sum(
        collector.latest
          .filter(
            (point) =>
              point.metric === metric &&
              Object.entries(attributes).every(([name, value]) => point.attributes[name] === value),
          )
          .map(({ value, count }) => count || value),
      );
    expect(exportedTotal('llm.calls')).toBe(CALLS);
    expect(exportedTotal('llm.call.duration')).toBe(CALLS);
    expect(exportedTotal('llm.attempts')).toBe(bill.length);
    expect(exportedTotal('llm.cost')).toBeCloseTo(usd(bill), 12);
    for (const provider of ['openai', 'anthropic']) {
      const of = bill.filter((entry) => entry.provider === provider);
      expect(exportedTotal('llm.cost', { 'gen_ai.provider.name': provider })).toBeCloseTo(usd(of), 12);
    }
  });

  it('contains the full cost in the dashboard', () => {
    const billed = bill.filter((entry) => entry.billed);
    expect(summary).toMatchObject({
      calls: CALLS,
      inputTokens: sum(billed.map(({ inputTokens }) => inputTokens)),
      outputTokens: sum(billed.map(({ outputTokens }) => outputTokens)),
    });
    expect(summary.costUsd).toBeCloseTo(usd(bill), 12);
    expect(exported).toHaveLength(CALLS);
    expect(sum(exported.map(({ costUsd }) => costUsd ?? 0))).toBeCloseTo(usd(bill), 12);
  });

  it('contains the full cost in the store', () => {
    const database = new DatabaseSync(join(service.folder, '.llm-telemetry', 'calls.db'), { readOnly: true });
    try {
      const row = database.prepare('SELECT count(*) AS calls, total(costUsd) AS usd FROM call').get();
      expect(row).toEqual({ calls: CALLS, usd: expect.closeTo(usd(bill), 12) });
    } finally {
      database.close();
    }
  });

  it('contains the full cost in the log, with the trace id in each line', () => {
    expect(lines).toHaveLength(CALLS);
    expect(sum(lines.map(({ cost_usd }) => cost_usd ?? 0))).toBeCloseTo(usd(bill), 12);
    for (const { trace_id } of lines) expect(trace_id).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(lines.map(({ trace_id }) => trace_id)).size).toBe(CALLS);
  });
});

/** Returns the JSON log lines of calls. Failed calls are logged to stderr, others to stdout. */
function callLines({ process: { stdout, stderr } }: ExampleService): CallLine[] {
  return `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { context?: string; message: CallLine })
    .filter(({ context, message }) => context === 'LlmTelemetry' && message.feature !== undefined)
    .map(({ message }) => message);
}
