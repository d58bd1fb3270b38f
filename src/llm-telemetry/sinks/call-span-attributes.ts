import type { Attributes } from '@opentelemetry/api';
import type { CallRecord } from '../call/record.js';
import { LLM, SESSION_ID, USER_ID } from './attributes.js';

/**
 * The attributes of the span `llm.<operation>`. One that has nothing true to say is absent: `undefined` values are left
 * out by `compact`.
 */
export function callSpanAttributes(record: CallRecord): Attributes {
  const { usage, cost, failure, parameters, identity } = record;
  const hasInput = usage !== null && (usage.source !== 'missing' || usage.inputTokens > 0);
  const hasOutput = usage !== null && usage.source !== 'missing';
  return compact({
    ...record.attributes,
    [LLM.FEATURE]: record.feature,
    [LLM.OPERATION]: record.operation,
    [LLM.ATTEMPT]: record.attempt,
    [LLM.IS_RETRY]: record.isRetry,
    [LLM.ATTEMPTS]: record.attempts.length,
    [LLM.REQUEST_TIME]: record.startedAt / 1000,
    [LLM.LATENCY_MS]: round(record.latencyMs),
    [LLM.PROVIDER_TIME_MS]: record.attempts.length === 0 ? undefined : round(record.providerTimeMs),
    [LLM.WAITING_TIME_MS]: record.waitingTimeMs === 0 ? undefined : round(record.waitingTimeMs),
    [LLM.TIME_TO_FIRST_TOKEN_MS]:
      record.timeToFirstTokenMs === null ? undefined : round(record.timeToFirstTokenMs),
    [LLM.PROVIDER]: record.provider ?? undefined,
    [LLM.MODEL]: record.model ?? undefined,
    [LLM.REQUEST_MODEL]: record.requestModel ?? undefined,
    [LLM.TEMPERATURE]: parameters?.temperature,
    [LLM.MAX_TOKENS]: parameters?.maxTokens,
    [LLM.PROMPT_TOKENS]: hasInput ? usage.inputTokens : undefined,
    [LLM.COMPLETION_TOKENS]: hasOutput ? usage.outputTokens : undefined,
    [LLM.TOTAL_TOKENS]: hasOutput ? usage.inputTokens + usage.outputTokens : undefined,
    [LLM.CACHED_TOKENS]: hasOutput ? usage.cachedInputTokens : undefined,
    [LLM.REASONING_TOKENS]: hasOutput ? usage.reasoningTokens : undefined,
    [LLM.CACHED]: usage?.source === 'provider' ? usage.cachedInputTokens > 0 : undefined,
    [LLM.USAGE_SOURCE]: usage?.source,
    [LLM.FINISH_REASON]: record.finishReason ?? undefined,
    [LLM.TRUNCATED]: record.truncated || undefined,
    [LLM.ESTIMATED_COST_USD]:
      record.attempts.length === 0 || cost.source === 'unknown' ? undefined : cost.costUsd,
    [LLM.COST_SOURCE]: cost.source ?? undefined,
    [LLM.PROVIDER_COST_USD]: record.providerCostUsd ?? undefined,
    [LLM.ERROR]: failure && failure.type !== 'aborted' ? true : undefined,
    [LLM.ERROR_TYPE]: failure?.type,
    [LLM.TENANT]: identity.tenantId,
    [USER_ID]: identity.userId,
    [SESSION_ID]: identity.sessionId,
  });
}

/** Milliseconds to the microsecond: what the clock resolves. */
function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

function compact(attributes: Attributes): Attributes {
  for (const key in attributes) if (attributes[key] === undefined) delete attributes[key];
  return attributes;
}
