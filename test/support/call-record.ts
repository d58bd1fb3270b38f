import type { AttemptRecord, CallRecord, Usage } from 'nestjs-llm-telemetry';
import { NO_USAGE } from '../../src/llm-telemetry/wire/usage.js';

type AttemptDraft = Partial<Omit<AttemptRecord, 'usage'>> & { usage?: Partial<Usage> | null };
type CallDraft = Partial<Omit<CallRecord, 'attempts'>> & {
  attempts?: readonly AttemptDraft[];
  endedAt?: number;
};

/** Returns the record of a successful call with the given differences. */
export function callRecord({ attempts = [{}], endedAt, ...draft }: CallDraft = {}): CallRecord {
  const durationMs = draft.durationMs ?? 500;
  const startedAt = draft.startedAt ?? (endedAt ?? Date.now()) - durationMs;
  const made = attempts.map((attempt, index) =>
    attemptRecord({
      attempt: index,
      startedAt,
      durationMs,
      requestModel: draft.model ?? 'gpt-4o-mini',
      responseModel: draft.model ?? 'gpt-4o-mini',
      ...attempt,
    }),
  );
  const last = made.at(-1);
  return {
    feature: 'orders',
    operation: 'summarize',
    retryIndex: 0,
    isRetry: false,
    startedAt,
    durationMs,
    providerTimeMs: durationMs,
    waitingTimeMs: 0,
    timeToFirstTokenMs: null,
    trace: null,
    identity: {},
    route: null,
    attributes: {},
    provider: last?.provider ?? null,
    model: last?.responseModel ?? null,
    requestModel: last?.requestModel ?? null,
    parameters: last?.parameters ?? null,
    usage: last?.usage ?? null,
    cost: costOf(last),
    providerCostUsd: null,
    finishReason: last?.finishReason ?? null,
    truncated: false,
    failure: null,
    attempts: made,
    ...draft,
  };
}

function costOf(attempt: AttemptRecord | undefined): CallRecord['cost'] {
  if (!attempt?.cost) return { source: null, costUsd: 0 };
  const { cost } = attempt;
  return cost.source === 'unknown'
    ? { source: 'unknown', costUsd: null }
    : { source: cost.source, costUsd: cost.costUsd };
}

function attemptRecord({ usage = {}, ...draft }: AttemptDraft): AttemptRecord {
  return {
    attempt: 0,
    isRetry: false,
    operation: 'chat',
    provider: 'openai',
    requestModel: 'gpt-4o-mini',
    responseModel: 'gpt-4o-mini',
    responseId: null,
    requestId: null,
    server: null,
    parameters: { model: 'gpt-4o-mini', stream: false },
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
    usage: usage && { ...USAGE, ...usage },
    cost: usage && {
      source: 'table',
      costUsd: 0.001,
      lines: [],
      pricedAs: 'gpt-4o-mini',
      pricedFrom: 'a test',
    },
    providerCostUsd: null,
    retryAfterMs: null,
    content: null,
    ...draft,
  };
}

const USAGE: Usage = { ...NO_USAGE, inputTokens: 100, outputTokens: 20 };
