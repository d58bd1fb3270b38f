// First, because the library instruments the global `fetch`.
import '../support/bare-fetch.js';
import { trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { LlmTelemetry, type CallRecord, type LlmTelemetryOptions } from 'nestjs-llm-telemetry';
import { CollectedMetrics } from '../support/metrics.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { AI_SDK, LEGACY_AI_SDK } from './ai-sdk.js';
import { OPENAI_INSTRUMENTATIONS } from './openai-instrumentations.js';
import { OWN_TRACING } from './own-tracing.js';
import type { Scenarios, Tracer } from './tracer.js';

const OURS = 'nestjs-llm-telemetry';
/** Work, its scenario, and whether the first request is refused with a 429. */
const CASES: ReadonlyArray<[string, keyof Scenarios, boolean]> = [
  ['a chat completion', 'chat', false],
  ['a stream', 'stream', false],
  ['a stream without usage', 'streamWithoutUsage', false],
  ['a response', 'responses', false],
  ['embeddings', 'embeddings', false],
  ['embeddings in parallel requests', 'manyEmbeddings', false],
  ['two steps', 'twoSteps', false],
  ['a chat completion after a 429', 'chat', true],
  ['a stream after a 429', 'stream', true],
  ['embeddings after a 429', 'embeddings', true],
];

describe('usage and cost beside other libraries', () => {
  const spans = new CollectedSpans();
  const metrics = new CollectedMetrics();
  let telemetry: TelemetryApp;

  beforeAll(async () => {
    metrics.register();
    telemetry = await startTelemetryApp();
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => {
    spans.clear();
    telemetry.emulator.reset();
    telemetry.records.length = 0;
  });

  /** Runs work as a call. Returns its record and all spans. */
  async function traced(work: () => Promise<unknown>): Promise<{ record: CallRecord; all: ReadableSpan[] }> {
    await telemetry.get(LlmTelemetry).run({ feature: 'tracers', operation: 'ask' }, work);
    await telemetry.flush();
    expect(telemetry.records).toHaveLength(1);
    return { record: telemetry.records[0]!, all: await spans.all() };
  }

  describe.each<Tracer>([AI_SDK, LEGACY_AI_SDK, ...OPENAI_INSTRUMENTATIONS, ...OWN_TRACING])(
    '$name',
    (tracer) => {
      let scenarios: Scenarios;

      beforeAll(async () => {
        scenarios = await tracer.start(telemetry.emulator, trace.getTracerProvider());
      });
      afterAll(() => tracer.stop?.());

      it.each(CASES.filter(([, name]) => !tracer.lacks.has(name)))(
        'are on exactly one span per operation: %s',
        async (_what, name, isRefused) => {
          if (isRefused) telemetry.emulator.program({ kind: 'rate_limit', retryAfter: 0 });
          const { record, all } = await traced(scenarios[name]!);
          expect(record.attempts.some(({ status }) => status === 429)).toBe(isRefused);
          const billed = telemetry.emulator.ledger.entries().filter((entry) => entry.billed);
          expect(billed.length).toBeGreaterThan(0);
          const operations = all.filter(isOperation);

          const withUsage = operations.filter(({ attributes }) => 'gen_ai.usage.input_tokens' in attributes);
          expect(withUsage.map(scopeOf)).toEqual(
            billed.map(() => (tracer.ours?.has(name) ? OURS : tracer.scope)),
          );
          const withCost = operations.filter(({ attributes }) => 'gen_ai.usage.cost' in attributes);
          expect(withCost.map(scopeOf)).toEqual(withUsage.map(scopeOf));

          const sums = (attribute: string): number =>
            sumOf(withUsage.map(({ attributes }) => attributes[attribute]));
          expect(sums('gen_ai.usage.cost')).toBeCloseTo(record.cost.costUsd!, 12);
          if (name === 'streamWithoutUsage') return;
          expect(sums('gen_ai.usage.input_tokens')).toBe(sumOf(billed.map(({ inputTokens }) => inputTokens)));
          expect(sums('gen_ai.usage.output_tokens')).toBe(
            sumOf(billed.map(({ outputTokens }) => outputTokens)),
          );
        },
      );
    },
  );
});

describe('metrics beside @opentelemetry/instrumentation-openai', () => {
  const [tracer] = OPENAI_INSTRUMENTATIONS;

  it.each<[string, LlmTelemetryOptions['semconv'], number]>([
    ['recorded twice by default', undefined, 2],
    ['recorded once with semconv.metrics false', { metrics: false }, 1],
  ])('are %s', async (_what, semconv, times) => {
    const metrics = new CollectedMetrics().register();
    const telemetry = await startTelemetryApp({ options: { semconv } });
    const { chat } = await tracer!.start(telemetry.emulator, trace.getTracerProvider());
    await telemetry.get(LlmTelemetry).run({ feature: 'tracers', operation: 'ask' }, chat);
    await telemetry.flush();
    const { resourceMetrics } = await metrics.reader.collect();
    const recorded = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    const tokens = recorded.filter(({ descriptor }) => descriptor.name === 'gen_ai.client.token.usage');
    expect(tokens).toHaveLength(times);
    tracer!.stop!();
    await telemetry.stop();
  });
});

const scopeOf = ({ instrumentationScope }: ReadableSpan): string => instrumentationScope.name;

/** Spans of agents and of whole functions (`ai.generateText`) hold sums over their operations. */
function isOperation({ attributes, name }: ReadableSpan): boolean {
  return attributes['gen_ai.operation.name'] !== 'invoke_agent' && !/^ai\.\w+$/.test(name);
}

function sumOf(values: readonly unknown[]): number {
  return values.reduce<number>((sum, value) => sum + (typeof value === 'number' ? value : 0), 0);
}
