import fc, { type Arbitrary } from 'fast-check';
import type { AttemptRecord, CallRecord } from 'nestjs-llm-telemetry';
import { meterMetricsOf } from '../../src/llm-telemetry/sinks/metrics/meter-metrics.js';
import { CARRIED_SUMS, SUM_INDEX, type SumName } from '../../src/llm-telemetry/store/measure-table.js';
import { addCall, noSums, type Sums } from '../../src/llm-telemetry/store/sums.js';
import { usdOf } from '../../src/llm-telemetry/units/usd.js';
import { callRecord } from '../support/call-record.js';
import { CollectedMetrics } from '../support/metrics.js';

/** Rollups and OpenTelemetry metrics count the same records, so the sums that both have must be equal. */

const MODELS = ['gpt-4o-mini', 'claude-haiku-4-5', 'qwen3-32b'] as const;
const failures = fc.constantFrom(null, null, 'rate_limit', 'timeout', 'aborted', 'content_filter', 'unknown');
const failureOf = (type: string | null): CallRecord['failure'] =>
  type === null ? null : ({ type, errorClass: type } as CallRecord['failure']);

const attempt: Arbitrary<Partial<AttemptRecord>> = fc
  .record({
    model: fc.constantFrom(...MODELS),
    answered: fc.boolean(),
    provider: fc.constantFrom('openai', 'anthropic'),
    isRetry: fc.boolean(),
    failure: failures,
    source: fc.constantFrom('provider', 'estimated', 'missing', null),
    inputTokens: fc.nat(5000),
    outputTokens: fc.nat(500),
    /** Cost in 10⁻¹² USD; `null` without a price. */
    cost: fc.option(fc.nat(3e9), { nil: null }),
  })
  .map(({ model, answered, failure, source, inputTokens, outputTokens, cost, ...rest }) => {
    const counts = source === 'missing' ? { inputTokens: 0, outputTokens: 0 } : { inputTokens, outputTokens };
    return {
      ...rest,
      requestModel: model,
      responseModel: answered ? `${model}-2026-01-01` : null,
      failure: failureOf(failure),
      usage: (source === null ? null : { ...counts, source }) as AttemptRecord['usage'],
      cost: costOf(source, cost),
    };
  });

function costOf(source: string | null, cost: number | null): AttemptRecord['cost'] {
  if (source === null) return null;
  if (source === 'missing' || cost === null)
    return { source: 'unknown', reason: 'no price', reasonCode: 'unpriced_model' };
  return { source: 'table', costUsd: cost / 1e12, lines: [], pricedAs: 'm', pricedFrom: 'test' };
}

const record: Arbitrary<CallRecord> = fc
  .record({
    feature: fc.constantFrom('support_chat', 'orders'),
    attempts: fc.array(attempt, { maxLength: 4 }),
    failure: failures,
    finishReason: fc.constantFrom('stop', 'length', 'content_filter', 'cancelled', null),
    truncated: fc.boolean(),
  })
  .map(({ attempts, failure, ...call }) => {
    const last = attempts.at(-1);
    return callRecord({
      ...call,
      attempts,
      failure: failureOf(failure),
      provider: last?.provider ?? null,
      model: last?.responseModel ?? last?.requestModel ?? null,
      usage: attempts.findLast(({ usage }) => usage !== null)?.usage ?? null,
    });
  });

/** Metrics, and the sums of rollups that must be equal to them. */
const SAME: ReadonlyArray<readonly [metric: string, attributes: Record<string, unknown>, sum: SumName]> = [
  ['llm.calls', {}, 'calls'],
  ['llm.errors', {}, 'failed'],
  ['llm.truncated', {}, 'truncated'],
  ['llm.cost', {}, 'costUsd'],
  ['llm.tokens', { 'gen_ai.token.type': 'input' }, 'inputTokens'],
  ['llm.tokens', { 'gen_ai.token.type': 'output' }, 'outputTokens'],
  ['llm.attempts', {}, 'attempts'],
  ['llm.attempts', { 'llm.is_retry': true }, 'retries'],
  ['llm.attempts', { 'llm.error_type': 'rate_limit' }, 'rateLimitedAttempts'],
  ['llm.unpriced', {}, 'unpricedCalls'],
  ['llm.usage_missing', {}, 'missingUsageCalls'],
];

describe('metrics of arbitrary calls', () => {
  it('equal the sums of the rollups by feature, provider and model', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 20 }), async (records) => {
        const stored = storedSums(records);
        const collected = new CollectedMetrics();
        const metrics = meterMetricsOf(collected.provider)!;
        metrics.join('latest');
        for (const each of records) metrics.record(each, undefined, 'latest', new Set());
        for (const [metric, attributes, sum] of SAME) {
          const counted = new Map<string, number>();
          for (const { attributes: of, value } of await collected.points(metric, attributes as never)) {
            const key = keyOf(of['llm.feature'], of['gen_ai.provider.name'], of['gen_ai.response.model']);
            counted.set(key, (counted.get(key) ?? 0) + value);
          }
          for (const key of new Set([...stored.keys(), ...counted.keys()]))
            expect([metric, key, counted.get(key) ?? 0]).toEqual([
              metric,
              key,
              valueOf(stored.get(key), sum),
            ]);
        }
        await collected.provider.shutdown();
      }),
      { numRuns: 60 },
    );
  });
});

/** Returns the sums of each series as in rollups. */
function storedSums(records: readonly CallRecord[]): ReadonlyMap<string, Sums> {
  const series = new Map<string, Sums>();
  for (const each of records) {
    const sumsOf = (provider: string | null, model: string | null): Sums => {
      const key = keyOf(each.feature, provider, model);
      const sums = series.get(key) ?? noSums();
      series.set(key, sums);
      return sums;
    };
    addCall(each, sumsOf(each.provider, each.model), ({ provider, responseModel, requestModel }) =>
      sumsOf(provider, responseModel ?? requestModel),
    );
  }
  return series;
}

function keyOf(...names: readonly unknown[]): string {
  return JSON.stringify(names.map((name) => name ?? null));
}

function valueOf(sums: Sums | undefined, sum: SumName): number {
  const value = sums?.[SUM_INDEX[sum]] ?? 0;
  const carried = CARRIED_SUMS.find(({ name }) => name === sum);
  return carried ? usdOf(sums?.[SUM_INDEX[carried.dollars]] ?? 0, value) : value;
}
