import type { CostReasonCode } from '../../calls/cost.js';
import type { LlmErrorType } from '../../calls/error-type.js';
import type { AttemptRecord, CallCost, CallRecord, Failure } from '../../calls/record.js';
import { HOUR, startOf } from '../../units/time.js';
import { NO_USAGE, USAGE_PART_NAMES, type Usage } from '../../wire/usage.js';
import type { TimeRange } from '../measures.js';

/** Names of models as providers return them: two versions of one model, and one without a price. */
const MODELS = [
  { provider: 'openai', model: 'gpt-4o-mini-2024-07-18', priced: true },
  { provider: 'openai', model: 'gpt-4o-mini-2025-02-01', priced: true },
  { provider: 'anthropic', model: 'claude-haiku-4-5', priced: true },
  { provider: 'ollama', model: 'house-model-7b', priced: false },
  { provider: 'ollama', model: null, priced: false },
] as const;
type Model = (typeof MODELS)[number];

const FINISH_REASONS = [
  ...Array.from({ length: 3 }, () => 'stop'),
  'tool_calls',
  'refusal',
  'content_filter',
  'cancelled',
  'halted',
  'length',
  null,
];

const UNITS_PER_USD = 1e12;

/** A usage of 100 input and 20 output tokens. */
const USAGE: Usage = { ...NO_USAGE, inputTokens: 100, outputTokens: 20 };

type AttemptDraft = Partial<AttemptRecord>;
type CallDraft = Partial<CallRecord> & { readonly endedAt: number };

/** Returns the record of a call that ended at a time, with the given differences. */
export function callOf(
  { endedAt, ...draft }: CallDraft,
  attempts: readonly AttemptDraft[] = [{}],
): CallRecord {
  const durationMs = draft.durationMs ?? 500;
  const startedAt = endedAt - durationMs;
  const made = attempts.map((attempt, index) => attemptOf({ attempt: index, startedAt, ...attempt }));
  const last = made.findLast(({ responseModel }) => responseModel !== null) ?? made.at(-1);
  return {
    feature: 'orders',
    operation: 'summarize',
    retryIndex: 0,
    isRetry: false,
    startedAt,
    durationMs,
    providerTimeMs: made.reduce((sum, attempt) => sum + attempt.durationMs, 0),
    waitingTimeMs: made.reduce((sum, { waitedMs }) => sum + waitedMs, 0),
    timeToFirstTokenMs: null,
    trace: null,
    identity: {},
    route: null,
    attributes: {},
    provider: last?.provider ?? null,
    model: last?.responseModel ?? last?.requestModel ?? null,
    requestModel: last?.requestModel ?? null,
    parameters: last?.parameters ?? null,
    usage: usageOf(made),
    cost: costOf(made),
    providerCostUsd: null,
    finishReason: made.at(-1)?.finishReason ?? null,
    truncated: false,
    failure: null,
    attempts: made,
    ...draft,
  };
}

function attemptOf(draft: AttemptDraft): AttemptRecord {
  return {
    attempt: 0,
    isRetry: false,
    operation: 'chat',
    provider: 'openai',
    requestModel: 'gpt-4o-mini',
    responseModel: draft.requestModel ?? 'gpt-4o-mini',
    responseId: null,
    requestId: null,
    server: null,
    parameters: { model: draft.requestModel ?? 'gpt-4o-mini', stream: false },
    startedAt: 0,
    durationMs: 500,
    timeToFirstChunkMs: null,
    timeToFirstTokenMs: null,
    timePerOutputChunkMs: null,
    waitedMs: 0,
    waitAskedMs: null,
    status: 200,
    rateLimits: {},
    ending: 'finished',
    finishReason: 'stop',
    providerFinishReasons: ['stop'],
    failure: null,
    usage: USAGE,
    cost: costOfUnits(1e9),
    providerCostUsd: null,
    retryAfterMs: null,
    content: null,
    ...draft,
  };
}

/** Returns a known cost of whole units of 10⁻¹² USD, at most $2,000. */
export function costOfUnits(units: number): NonNullable<AttemptRecord['cost']> {
  const dollars = Math.floor(units / UNITS_PER_USD);
  const costUsd = Number(`${dollars}.${String(units % UNITS_PER_USD).padStart(12, '0')}`);
  const line = { kind: 'output', quantity: 20, usdPerUnit: 0.6, costUsd } as const;
  return {
    source: 'table',
    costUsd,
    lines: [line],
    pricedAs: 'gpt-4o-mini',
    pricedFrom: 'a list, 2026-11-01',
  };
}

/** Returns the cost of a usage without a price. */
export function unknownCost(reasonCode: CostReasonCode): NonNullable<AttemptRecord['cost']> {
  return { source: 'unknown', reason: `No price: "${reasonCode}".`, reasonCode };
}

function usageOf(attempts: readonly AttemptRecord[]): Usage | null {
  const usages = attempts.flatMap(({ usage }) => usage ?? []);
  const last = usages.at(-1);
  if (!last) return null;
  const sums = USAGE_PART_NAMES.map((name) => [
    name,
    usages.reduce((sum, usage) => sum + (usage[name] ?? 0), 0),
  ]);
  return { ...last, ...(Object.fromEntries(sums) as Partial<Usage>) };
}

function costOf(attempts: readonly AttemptRecord[]): CallCost {
  const costs = attempts.flatMap(({ cost }) => cost ?? []);
  if (attempts.length === 0 || costs.some(({ source }) => source === 'unknown'))
    return { source: 'unknown', costUsd: null };
  if (costs.length === 0) return { source: null, costUsd: 0 };
  const units = costs.reduce(
    (sum, cost) => sum + ('costUsd' in cost ? Math.round(cost.costUsd * UNITS_PER_USD) : 0),
    0,
  );
  return { source: 'table', costUsd: units / UNITS_PER_USD };
}

/** Pseudo-random choices, the same in each run. */
class Choices {
  private state = 18;

  /** Returns a number in [0, 1). */
  next(): number {
    this.state = (this.state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return this.state / 2 ** 32;
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  of<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }

  /** Returns a multiple of 1/8 ms: sums of these are exact in any order. */
  ms(max: number): number {
    return this.below(8 * max) / 8;
  }
}

/** Generates calls of all shapes with distinct ends, evenly over a range and sorted by end. */
export function generatedRecords(count: number, { from, to }: TimeRange): CallRecord[] {
  const choices = new Choices();
  const step = Math.floor((to - from) / count);
  return Array.from({ length: count }, (_, index) =>
    generated(choices, index, from + index * step + choices.below(step)),
  );
}

function generated(choices: Choices, index: number, endedAt: number): CallRecord {
  const draft = {
    endedAt,
    durationMs: choices.ms(20_000) + 1,
    feature: choices.of(['orders', 'support', 'search']),
    operation: choices.of(['summarize', 'classify']),
    identity: {
      ...(choices.chance(0.7) && { tenantId: `tenant-${choices.below(6)}` }),
      ...(choices.chance(0.6) && { userId: `user-${choices.below(20)}`, sessionId: `session-${index}` }),
    },
    route: choices.chance(0.6) ? `POST /r${choices.below(3)}` : null,
    attributes: { index, even: index % 2 === 0, tags: ['a', `Order-${index}`], gap: NaN },
    trace: choices.chance(0.5) ? { traceId: hex(index, 32), spanId: hex(index, 16) } : null,
    ...(choices.chance(0.1) && { budgetExceeded: true as const }),
    ...(choices.chance(0.1) && { retryIndex: 1, isRetry: true }),
    ...(choices.chance(0.1) && { providerCostUsd: 0.125 }),
  };
  switch (choices.below(20)) {
    // No request was observed.
    case 0:
      return callOf(draft, []);
    // A budget refused the call.
    case 1:
      return callOf(
        { ...draft, failure: failureOf('budget_exceeded'), cost: { source: null, costUsd: 0 } },
        [],
      );
    case 2:
      return callOf(
        { ...draft, durationMs: 0, batch: { id: `batch_${index}`, item: choices.of(['a', null]) } },
        [attempt(choices, choices.of(MODELS))],
      );
    case 3:
    case 4:
      return failed(choices, draft);
    default:
      return answered(choices, draft);
  }
}

/** A call whose last request has a response. */
function answered(choices: Choices, draft: CallDraft): CallRecord {
  const finishReason = choices.of(FINISH_REASONS);
  const streamed = choices.chance(0.3);
  const firstTokenMs = streamed ? choices.ms(2000) : null;
  const last = {
    ...attempt(choices, choices.of(MODELS)),
    finishReason,
    providerFinishReasons: finishReason === null ? [] : [finishReason],
    timeToFirstTokenMs: firstTokenMs,
    ...(streamed && { timeToFirstChunkMs: firstTokenMs, timePerOutputChunkMs: 12.5 }),
  };
  const before = choices.chance(0.25) ? refused(choices) : [];
  const attempts = [...before, { ...last, ...(before.length > 0 && retryOf(choices)) }];
  const call = { ...draft, timeToFirstTokenMs: firstTokenMs, truncated: finishReason === 'length' };
  return callOf(call, attempts);
}

/** A call that failed or was aborted, with or without a billed request before. */
function failed(choices: Choices, draft: CallDraft): CallRecord {
  const type = choices.of<LlmErrorType>(['aborted', 'timeout', 'rate_limit', 'content_filter', 'unknown']);
  const attempts = [
    ...(choices.chance(0.3) ? [attempt(choices, choices.of(MODELS))] : []),
    ...refused(choices, type),
  ];
  return callOf({ ...draft, failure: failureOf(type) }, attempts);
}

/** One to three requests that failed, each a retry of the one before. */
function refused(choices: Choices, type?: LlmErrorType): AttemptDraft[] {
  return Array.from({ length: 1 + choices.below(3) }, (_, index) => {
    const failure = failureOf(type ?? choices.of<LlmErrorType>(['rate_limit', 'overloaded', 'connection']));
    const wasBilled = choices.chance(0.3);
    return {
      ...attempt(choices, choices.of(MODELS)),
      responseModel: null,
      status: failure.type === 'connection' ? null : 429,
      ending: 'failed' as const,
      finishReason: null,
      providerFinishReasons: [],
      failure,
      ...(!wasBilled && { usage: null, cost: null }),
      ...(index > 0 && retryOf(choices)),
    };
  });
}

function retryOf(choices: Choices): AttemptDraft {
  return {
    isRetry: true,
    // Sums of such numbers depend on the order, unless they are added in microseconds.
    waitedMs: choices.below(1e6) / 1000,
    waitAskedMs: choices.of([null, 250]),
    retryAfterMs: 250,
  };
}

/** A request with a usage of every kind. */
function attempt(choices: Choices, { provider, model, priced }: Model): AttemptDraft {
  const id = choices.below(1e9);
  const common: AttemptDraft = {
    provider,
    requestModel: model,
    responseModel: model,
    operation: choices.of(['chat', 'embeddings']),
    durationMs: choices.ms(10_000),
    requestId: `req_${id}`,
    responseId: `resp_"${id}"`,
    server: choices.of([
      null,
      { address: 'api.example.com', port: 443 },
      { address: 'eu.example.com', port: null, place: 'eu' },
    ]),
    parameters: {
      model,
      stream: choices.chance(0.3),
      temperature: 0.5,
      maxTokens: 100,
      stopSequences: ['\n'],
    },
    rateLimits: { 'x-ratelimit-remaining-tokens': String(id) },
  };
  const kind = choices.below(10);
  if (kind === 0) return { ...common, usage: null, cost: null };
  if (kind === 1) {
    const usage = { ...NO_USAGE, cachedInputTokens: null, reasoningTokens: null, source: 'missing' as const };
    return { ...common, usage, cost: unknownCost('missing_usage') };
  }
  const usage: Usage = {
    ...NO_USAGE,
    inputTokens: choices.below(5000),
    outputTokens: choices.below(800),
    cachedInputTokens: choices.of([null, 0, 40]),
    cachedAudioInputTokens: choices.below(5),
    cachedImageInputTokens: choices.below(5),
    cacheWriteTokens5m: choices.below(20),
    cacheWriteTokens1h: choices.below(20),
    cacheWriteTokens12h: choices.below(20),
    reasoningTokens: choices.of([null, 0, 17]),
    toolUses: choices.chance(0.1) ? { file_search: 2 } : {},
    serviceTier: choices.of([null, 'flex']),
    clamped: choices.chance(0.1),
    derived: choices.chance(0.1),
    source: kind < 4 ? 'estimated' : 'provider',
  };
  const isPriced = priced && choices.chance(0.9);
  const cost = isPriced
    ? costOfUnits(choices.below(5e9))
    : unknownCost(choices.of(['unpriced_model', 'unpriced_service_tier'] as const));
  return { ...common, usage, cost };
}

function failureOf(type: LlmErrorType): Failure {
  return { type, errorClass: `${type}Error` };
}

function hex(value: number, length: number): string {
  return (value + 1).toString(16).padStart(length, '0');
}

/** Generates calls of the 60 hours before the current hour, with the range of their ends. */
export function recentRecords(count: number): { readonly records: CallRecord[]; readonly range: TimeRange } {
  const to = startOf(HOUR, Date.now());
  const range = { from: to - 60 * HOUR, to };
  return { records: generatedRecords(count, range), range };
}
