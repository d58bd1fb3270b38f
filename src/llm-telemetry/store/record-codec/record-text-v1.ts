import type { AttemptRecord, CallRecord } from '../../calls/record.js';
import type { RequestParameters } from '../../wire/formats/format.js';
import { NO_USAGE, type Usage } from '../../wire/usage.js';
import { decodeCost } from './stored-cost.js';

/** Index of the attempts in format 1: last. */
const ATTEMPTS = 24;

/**
 * Reads format 1, which version 0.1.0 wrote: arrays of values without a number of the format. Frozen, apart from fields
 * that were added to records since then.
 */
export function decodeRecordV1(values: readonly unknown[]): CallRecord {
  let at = 0;
  const next = (): never => values[at++] as never;
  const attempts = (values[ATTEMPTS] as unknown[][]).map(attemptOf);
  return {
    feature: next(),
    operation: next(),
    retryIndex: next(),
    isRetry: next(),
    startedAt: next(),
    durationMs: next(),
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
    cost: costOf(next(), next()),
    providerCostUsd: next(),
    finishReason: next(),
    truncated: next(),
    failure: next(),
    attempts,
  };
}

function attemptOf(values: readonly unknown[]): AttemptRecord {
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
    cost: decodeCost(next()),
    providerCostUsd: next(),
    retryAfterMs: next(),
    content: next(),
  };
}

/** Version 0.1.0 wrote 0 for an unknown cost. */
function costOf(source: CallRecord['cost']['source'], costUsd: number): CallRecord['cost'] {
  return (source === 'unknown' ? { source, costUsd: null } : { source, costUsd }) as CallRecord['cost'];
}

function usageOf(values: readonly unknown[] | null): Usage | null {
  if (values === null) return null;
  let at = 0;
  const next = (): never => values[at++] as never;
  return {
    ...NO_USAGE,
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

function usageOfCall(
  stored: number | readonly unknown[] | null,
  attempts: readonly AttemptRecord[],
): Usage | null {
  return typeof stored === 'number' ? attempts[stored]!.usage : usageOf(stored);
}

function traceOf(stored: [string, string] | null): CallRecord['trace'] {
  return stored && { traceId: stored[0], spanId: stored[1] };
}

function parametersOf(
  stored: number | RequestParameters | null,
  attempts: readonly AttemptRecord[],
): RequestParameters | null {
  return typeof stored === 'number' ? attempts[stored]!.parameters : stored;
}
