import type { AttemptRecord, CallRecord } from '../call/record.js';
import type { RequestParameters } from '../wire/formats/format.js';
import type { Usage } from '../wire/usage.js';

/**
 * A record as it is stored: JSON arrays with the values in the order below, without names. That takes a third of the
 * room and half of the time that JSON with names does, and it is written on the application's thread.
 *
 * What is added to records later comes at the end of its array: older texts end before it, and then it is absent.
 */
export function textOf(record: CallRecord): string {
  const { trace, cost, usage, parameters, attempts } = record;
  return JSON.stringify([
    record.feature,
    record.operation,
    record.attempt,
    record.isRetry,
    record.startedAt,
    record.latencyMs,
    record.providerTimeMs,
    record.waitingTimeMs,
    record.timeToFirstTokenMs,
    trace && [trace.traceId, trace.spanId],
    record.identity,
    record.route,
    record.attributes,
    record.provider,
    record.model,
    record.requestModel,
    // An attempt's, as a rule: then its index says it all.
    parameters && indexOr(parameters, parameters, attempts, 'parameters'),
    usage && indexOr(usage, valuesOfUsage(usage), attempts, 'usage'),
    cost.source,
    cost.costUsd,
    record.providerCostUsd,
    record.finishReason,
    record.truncated,
    record.failure,
    attempts.map(valuesOfAttempt),
  ]);
}

/** The record that a text was made of. @throws for other texts. */
export function recordOf(text: string): CallRecord {
  const values = JSON.parse(text) as unknown[];
  let at = 0;
  const next = (): never => values[at++] as never;
  const attempts = (values.at(-1) as unknown[][]).map(attemptOf);
  return {
    feature: next(),
    operation: next(),
    attempt: next(),
    isRetry: next(),
    startedAt: next(),
    latencyMs: next(),
    providerTimeMs: next(),
    waitingTimeMs: next(),
    timeToFirstTokenMs: next(),
    trace: traceOf(next()),
    identity: next(),
    route: next(),
    attributes: next(),
    provider: next(),
    model: next(),
    requestModel: next(),
    parameters: parametersOf(next(), attempts),
    usage: usageOfCall(next(), attempts),
    cost: { source: next(), costUsd: next() },
    providerCostUsd: next(),
    finishReason: next(),
    truncated: next(),
    failure: next(),
    attempts,
  };
}

function valuesOfAttempt(attempt: AttemptRecord): unknown[] {
  const { usage } = attempt;
  return [
    attempt.attempt,
    attempt.isRetry,
    attempt.operation,
    attempt.provider,
    attempt.requestModel,
    attempt.responseModel,
    attempt.responseId,
    attempt.requestId,
    attempt.server,
    attempt.parameters,
    attempt.startedAt,
    attempt.durationMs,
    attempt.timeToFirstChunkMs,
    attempt.timeToFirstTokenMs,
    attempt.timePerOutputChunkMs,
    attempt.waitedMs,
    attempt.waitAskedMs,
    attempt.status,
    attempt.rateLimits,
    attempt.ending,
    attempt.finishReason,
    attempt.providerFinishReasons,
    attempt.failure,
    usage && valuesOfUsage(usage),
    // With names: an attempt has one or two lines of it, and what they say depends on what is priced.
    attempt.cost,
    attempt.providerCostUsd,
    attempt.retryAfterMs,
    attempt.content,
  ];
}

function attemptOf(values: unknown[]): AttemptRecord {
  let at = 0;
  const next = (): never => values[at++] as never;
  return {
    attempt: next(),
    isRetry: next(),
    operation: next(),
    provider: next(),
    requestModel: next(),
    responseModel: next(),
    responseId: next(),
    requestId: next(),
    server: next(),
    parameters: next(),
    startedAt: next(),
    durationMs: next(),
    timeToFirstChunkMs: next(),
    timeToFirstTokenMs: next(),
    timePerOutputChunkMs: next(),
    waitedMs: next(),
    waitAskedMs: next(),
    status: next(),
    rateLimits: next(),
    ending: next(),
    finishReason: next(),
    providerFinishReasons: next(),
    failure: next(),
    usage: usageOf(next()),
    cost: next(),
    providerCostUsd: next(),
    retryAfterMs: next(),
    content: next(),
  };
}

function valuesOfUsage(usage: Usage): unknown[] {
  return [
    usage.inputTokens,
    usage.cachedInputTokens,
    usage.cacheWriteTokens5m,
    usage.cacheWriteTokens1h,
    usage.cacheWriteTokens12h,
    usage.audioInputTokens,
    usage.imageInputTokens,
    usage.outputTokens,
    usage.reasoningTokens,
    usage.audioOutputTokens,
    usage.imageOutputTokens,
    usage.audioSeconds,
    usage.webSearchRequests,
    usage.toolUses,
    usage.serviceTier,
    usage.speed,
    usage.geo,
    usage.clamped,
    usage.source,
  ];
}

function usageOf(values: unknown[] | null): Usage | null {
  if (values === null) return null;
  let at = 0;
  const next = (): never => values[at++] as never;
  return {
    inputTokens: next(),
    cachedInputTokens: next(),
    cacheWriteTokens5m: next(),
    cacheWriteTokens1h: next(),
    cacheWriteTokens12h: next(),
    audioInputTokens: next(),
    imageInputTokens: next(),
    outputTokens: next(),
    reasoningTokens: next(),
    audioOutputTokens: next(),
    imageOutputTokens: next(),
    audioSeconds: next(),
    webSearchRequests: next(),
    toolUses: next(),
    serviceTier: next(),
    speed: next(),
    geo: next(),
    clamped: next(),
    source: next(),
  };
}

function usageOfCall(stored: number | unknown[] | null, attempts: readonly AttemptRecord[]): Usage | null {
  return typeof stored === 'number' ? attempts[stored]!.usage : usageOf(stored);
}

function traceOf(stored: [string, string] | null): CallRecord['trace'] {
  return stored && { traceId: stored[0], spanId: stored[1] };
}

function indexOr(
  value: unknown,
  values: unknown,
  attempts: readonly AttemptRecord[],
  key: 'parameters' | 'usage',
): unknown {
  const index = attempts.findIndex((attempt) => attempt[key] === value);
  return index >= 0 ? index : values;
}

function parametersOf(
  stored: number | RequestParameters | null,
  attempts: readonly AttemptRecord[],
): RequestParameters | null {
  return typeof stored === 'number' ? attempts[stored]!.parameters : stored;
}
