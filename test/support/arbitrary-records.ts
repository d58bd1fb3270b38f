import fc, { type Arbitrary } from 'fast-check';
import type { AttemptRecord, CallRecord, Usage } from 'nestjs-llm-telemetry';
import { USAGE_ROWS, type UsageCounts } from '../../src/llm-telemetry/wire/usage.js';

/** One arbitrary for each field: new fields of the type do not compile without one. */
type FieldsOf<Type> = { readonly [Name in keyof Required<Type>]: Arbitrary<Type[Name]> };

function objectOf<Type extends object>(fields: FieldsOf<Type>): Arbitrary<Type> {
  return fc.record(fields as Record<string, Arbitrary<unknown>>) as unknown as Arbitrary<Type>;
}

/** Any UTF-16 code units, including control characters, quotes and lone surrogates. */
const text = fc.oneof(
  fc.string(),
  fc
    .array(fc.integer({ min: 0, max: 0xff_ff }), { maxLength: 8 })
    .map((units) => String.fromCharCode(...units)),
);
const number = fc
  .oneof(fc.constant(0), fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .map((value) => value + 0);
const anyNumber = fc.oneof(number, fc.constantFrom(NaN, Infinity, -Infinity, -0));
const flag = fc.boolean();
const orNull = <Value>(value: Arbitrary<Value>): Arbitrary<Value | null> => fc.option(value, { nil: null });
const optional = <Value>(value: Arbitrary<Value>): Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });
const texts = fc.array(text, { maxLength: 3 });
const name = text.filter((value) => value !== '__proto__');

function byName<Value>(value: Arbitrary<Value>): Arbitrary<Record<string, Value>> {
  return fc
    .array(fc.tuple(name, value), { maxLength: 3 })
    .map((entries) => Object.fromEntries(entries) as Record<string, Value>);
}

const counts = Object.fromEntries(
  USAGE_ROWS.map(({ name, nullable }) => [name, nullable ? orNull(number) : number]),
) as unknown as FieldsOf<UsageCounts>;

const usage = objectOf<Usage>({
  ...counts,
  toolUses: byName(number),
  serviceTier: orNull(text),
  speed: orNull(text),
  geo: orNull(text),
  clamped: flag,
  derived: flag,
  source: fc.constantFrom('provider', 'estimated', 'missing'),
});

const parameters = objectOf<AttemptRecord['parameters']>({
  model: orNull(text),
  stream: flag,
  maxTokens: optional(number),
  temperature: optional(number),
  topP: optional(number),
  topK: optional(number),
  frequencyPenalty: optional(number),
  presencePenalty: optional(number),
  seed: optional(number),
  choiceCount: optional(number),
  stopSequences: optional(texts),
  serviceTier: optional(text),
  dimensions: optional(number),
  reasoningEffort: optional(text),
  outputType: optional(fc.constantFrom('text', 'json', 'image', 'speech')),
  previousResponseId: optional(text),
  conversationId: optional(text),
});

const failure = objectOf<NonNullable<CallRecord['failure']>>({
  type: fc.constantFrom('rate_limit', 'aborted', 'unknown', 'budget_exceeded'),
  errorClass: text,
});

type KnownCost = Extract<NonNullable<AttemptRecord['cost']>, { lines: unknown }>;
const line = objectOf<KnownCost['lines'][number]>({
  kind: fc.constantFrom('input', 'cacheWrite12h', 'tool'),
  quantity: number,
  usdPerUnit: number,
  costUsd: number,
  reasoning: optional(objectOf<{ quantity: number; costUsd: number }>({ quantity: number, costUsd: number })),
  tool: optional(text),
  pricedAs: optional(text),
});
const knownCost = objectOf<KnownCost>({
  source: fc.constantFrom('table', 'override'),
  costUsd: number,
  lines: fc.array(line, { maxLength: 2 }),
  pricedAs: text,
  pricedFrom: text,
  multipliers: optional(
    fc.array(
      objectOf<NonNullable<KnownCost['multipliers']>[number]>({ name: text, factor: number, source: text }),
      { maxLength: 2 },
    ),
  ),
});
type UnknownCost = Extract<NonNullable<AttemptRecord['cost']>, { source: 'unknown' }>;
const unknownCost = objectOf<UnknownCost>({
  source: fc.constant('unknown'),
  reason: text,
  reasonCode: fc.constantFrom('unpriced_model', 'missing_usage', 'unpriced_tool'),
});

const parts: Arbitrary<NonNullable<AttemptRecord['content']>['systemInstructions']> = fc.array(
  fc.oneof(
    text.map((content) => ({ type: 'text' as const, content })),
    text.map((uri) => ({ type: 'uri' as const, modality: 'image', uri })),
  ),
  { maxLength: 2 },
);
const messages = fc.array(fc.record({ role: text, parts }), { maxLength: 2 });
const content = objectOf<NonNullable<AttemptRecord['content']>>({
  systemInstructions: parts,
  inputMessages: messages,
  outputMessages: messages,
  truncated: flag,
});

const attempt = objectOf<AttemptRecord>({
  attempt: number,
  isRetry: flag,
  operation: text,
  provider: text,
  requestModel: orNull(text),
  responseModel: orNull(text),
  responseId: orNull(text),
  requestId: orNull(text),
  server: orNull(
    objectOf<NonNullable<AttemptRecord['server']>>({
      address: text,
      port: orNull(number),
      place: optional(text),
    }),
  ),
  parameters,
  startedAt: number,
  durationMs: number,
  timeToFirstChunkMs: orNull(number),
  timeToFirstTokenMs: orNull(number),
  timePerOutputChunkMs: orNull(number),
  waitedMs: number,
  waitAskedMs: orNull(number),
  status: orNull(number),
  rateLimits: byName(text),
  ending: fc.constantFrom('finished', 'left', 'aborted', 'cut', 'failed', 'unread'),
  finishReason: orNull(text),
  providerFinishReasons: texts,
  failure: orNull(failure),
  usage: orNull(usage),
  cost: orNull(fc.oneof(knownCost, unknownCost)),
  providerCostUsd: orNull(number),
  retryAfterMs: orNull(number),
  content: orNull(content),
  turns: fc.option(number, { nil: undefined }),
});

const attributes: Arbitrary<CallRecord['attributes']> = byName(
  fc.oneof(
    text,
    anyNumber,
    flag,
    texts,
    fc.array(anyNumber, { maxLength: 3 }),
    fc.array(flag, { maxLength: 3 }),
  ),
);

const independent = objectOf<CallRecord>({
  feature: text,
  operation: text,
  retryIndex: number,
  isRetry: flag,
  startedAt: number,
  durationMs: number,
  providerTimeMs: number,
  waitingTimeMs: number,
  timeToFirstTokenMs: orNull(number),
  trace: orNull(objectOf<NonNullable<CallRecord['trace']>>({ traceId: text, spanId: text })),
  identity: objectOf<CallRecord['identity']>({
    userId: optional(text),
    tenantId: optional(text),
    sessionId: optional(text),
  }),
  route: orNull(text),
  attributes,
  provider: orNull(text),
  model: orNull(text),
  requestModel: orNull(text),
  parameters: orNull(parameters),
  usage: orNull(usage),
  cost: fc.oneof(
    fc.record({ source: fc.constantFrom('table' as const, 'override' as const), costUsd: number }),
    fc.constant({ source: 'unknown' as const, costUsd: null }),
    fc.constant({ source: null, costUsd: 0 as const }),
  ),
  providerCostUsd: orNull(number),
  finishReason: orNull(text),
  truncated: flag,
  failure: orNull(failure),
  budgetExceeded: optional(fc.constant(true as const)),
  batch: optional(objectOf<NonNullable<CallRecord['batch']>>({ id: text, item: orNull(text) })),
  attempts: fc.array(attempt, { maxLength: 3 }),
});

/** Generates records with any values. In half of them, the call repeats values of its last attempt, as in reality. */
export function arbitraryRecord(): Arbitrary<CallRecord> {
  return fc.tuple(independent, flag).map(([record, repeats]) => {
    const last = record.attempts.at(-1);
    if (!repeats || !last) return record;
    const { cost } = last;
    return {
      ...record,
      provider: last.provider,
      model: last.responseModel,
      requestModel: last.requestModel,
      finishReason: last.finishReason,
      parameters: last.parameters,
      usage: last.usage,
      providerTimeMs: record.attempts.reduce((sum, { durationMs }) => sum + durationMs, 0),
      cost: costOf(cost),
    };
  });
}

function costOf(cost: AttemptRecord['cost']): CallRecord['cost'] {
  if (cost === null) return { source: null, costUsd: 0 };
  return cost.source === 'unknown'
    ? { source: 'unknown', costUsd: null }
    : { source: cost.source, costUsd: cost.costUsd };
}
