import fc from 'fast-check';
import type { CallRecord } from 'nestjs-llm-telemetry';
import { callRecord } from './call-record.js';

const oneOf = <Value>(...values: readonly Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);
/** Sums of these are exact in any order. */
const milliseconds = fc.integer({ min: 1, max: 400_000 }).map((quarters) => quarters / 4);

const failure = oneOf(
  { type: 'rate_limit' as const, errorClass: 'RateLimitError' },
  { type: 'timeout' as const, errorClass: 'TimeoutError' },
  { type: 'aborted' as const, errorClass: 'AbortError' },
);

/** Generates records that differ in all that stores filter, sort and add up, and end between two times. */
export function variedRecord(from: number, to: number): fc.Arbitrary<CallRecord> {
  const attempt = fc.record({
    model: oneOf('gpt-4o-mini', 'gpt-4o-mini-2024-07-18', 'gpt-4o', 'claude-sonnet-4-6'),
    provider: oneOf('openai', 'anthropic'),
    durationMs: milliseconds,
    inputTokens: fc.nat(200_000),
    outputTokens: fc.nat(20_000),
    costUsd: fc.oneof(
      fc.constant(null),
      fc.nat(2_000_000_000).map((units) => units / 1e9),
    ),
    failure: fc.option(failure, { nil: null, freq: 3 }),
  });
  return fc
    .record({
      endedAt: fc.integer({ min: from, max: to - 1 }),
      feature: oneOf('orders', 'search', 'support', 'a "quoted" \\ name', 'naïve 🙂'),
      operation: oneOf('summarize', 'answer'),
      route: oneOf(null, 'GET /orders', 'POST /search'),
      tenantId: oneOf(undefined, 'tenant-1', 'tenant-2', 'tenant-3'),
      userId: oneOf(undefined, 'user-1', 'user-2'),
      finishReason: oneOf(null, 'stop', 'length', 'content_filter', 'tool_calls', 'new_reason'),
      timeToFirstTokenMs: fc.option(milliseconds, { nil: null }),
      durationMs: milliseconds,
      failure: fc.option(failure, { nil: null, freq: 4 }),
      attempts: fc.array(attempt, { minLength: 0, maxLength: 3 }),
    })
    .map(({ endedAt, tenantId, userId, attempts, durationMs, ...draft }) =>
      callRecord({
        ...draft,
        endedAt,
        durationMs,
        truncated: draft.finishReason === 'length',
        identity: { ...(tenantId && { tenantId }), ...(userId && { userId }) },
        attempts: attempts.map(({ model, costUsd, inputTokens, outputTokens, ...made }, index) => ({
          ...made,
          attempt: index,
          isRetry: index > 0,
          requestModel: model,
          responseModel: model,
          usage: { inputTokens, outputTokens },
          cost:
            costUsd === null
              ? { source: 'unknown', reason: 'no price', reasonCode: 'unpriced_model' }
              : { source: 'table', costUsd, lines: [], pricedAs: model, pricedFrom: 'a test' },
        })),
      }),
    );
}
