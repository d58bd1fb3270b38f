import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import type { ProcessEnd } from '../support/node-process.js';
import { costOf, ExampleService } from './support/example-service.js';
import { Collector } from './support/otlp/collector.js';
import type { Point } from './support/otlp/exported.js';
import { pause } from './support/server-process.js';

/** Whatever share of the traces is kept: metrics, store, dashboard and logs have every cent. */

const CALLS = 300;
const TOKEN = 'a-secret-that-is-long-enough-for-a-test';

/** Calls of both features, of which some are retried, truncated or refused. */
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

/** A line of the service's log that tells of a call. */
interface CallLine {
  readonly trace_id?: string;
  readonly cost_usd?: number;
  readonly feature?: string;
}

describe.each<[sampler: string, arg: string, kept: (traces: number) => boolean]>([
  // Of 300 traces some 3 are expected; 30 or more would be chance of less than one in 10^19.
  ['traceidratio', '0.01', (traces) => traces < 30],
  ['parentbased_traceidratio', '0.01', (traces) => traces < 30],
  ['always_off', '', (traces) => traces === 0],
  ['always_on', '', (traces) => traces === CALLS],
])('with the sampler %s %s', (sampler, arg, kept) => {
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
      // None of what is kept may be missing for want of room.
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
    const figures = (path: string): Promise<Response> =>
      service.get(`/llm/api/${path}`, { authorization: `Bearer ${TOKEN}` });
    // The store may take a moment to have them all.
    do {
      await pause(50);
      summary = (await (await figures('summary')).json()) as typeof summary;
    } while (summary.calls < CALLS);
    exported = (await (await figures('calls.ndjson')).text())
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

  it('keeps so many traces', () => {
    expect(end).toEqual({ code: 0, signal: null });
    const traces = new Set(
      collector.spans.filter(({ name }) => name.startsWith('llm.')).map(({ traceId }) => traceId),
    );
    expect([traces.size, kept(traces.size)]).toEqual([traces.size, true]);
  });

  it('has every cent in the metrics', () => {
    const told = (metric: string, attributes: Point['attributes'] = {}): number =>
      sum(
        collector.latest
          .filter(
            (point) =>
              point.metric === metric &&
              Object.entries(attributes).every(([name, value]) => point.attributes[name] === value),
          )
          .map(({ value, count }) => count || value),
      );
    expect(told('llm.calls')).toBe(CALLS);
    expect(told('llm.call.duration')).toBe(CALLS);
    expect(told('llm.attempts')).toBe(bill.length);
    expect(told('llm.cost')).toBeCloseTo(usd(bill), 12);
    for (const provider of ['openai', 'anthropic']) {
      const of = bill.filter((entry) => entry.provider === provider);
      expect(told('llm.cost', { 'gen_ai.provider.name': provider })).toBeCloseTo(usd(of), 12);
    }
  });

  it('has every cent on the dashboard', () => {
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

  it('has every cent in the store', () => {
    const database = new DatabaseSync(join(service.folder, '.llm-telemetry', 'calls.db'), { readOnly: true });
    try {
      const row = database.prepare('SELECT count(*) AS calls, total(costUsd) AS usd FROM call').get();
      expect(row).toEqual({ calls: CALLS, usd: expect.closeTo(usd(bill), 12) });
    } finally {
      database.close();
    }
  });

  it('has every cent in the log, each line with its trace', () => {
    expect(lines).toHaveLength(CALLS);
    expect(sum(lines.map(({ cost_usd }) => cost_usd ?? 0))).toBeCloseTo(usd(bill), 12);
    for (const { trace_id } of lines) expect(trace_id).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(lines.map(({ trace_id }) => trace_id)).size).toBe(CALLS);
  });
});

/** What the service has logged as JSON, on standard output and, of what has failed, on standard error. */
function callLines({ process: { stdout, stderr } }: ExampleService): CallLine[] {
  return `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { context?: string; message: CallLine })
    .filter(({ context, message }) => context === 'LlmTelemetry' && message.feature !== undefined)
    .map(({ message }) => message);
}
