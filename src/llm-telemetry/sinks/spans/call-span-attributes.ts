import type { Attributes, Span } from '@opentelemetry/api';
import { USAGE_ROWS, usedParts } from '../../wire/usage.js';
import type { CallRecord } from '../../calls/record.js';
import type { TracedCall } from '../../calls/tracer.js';
import { HTTP_ROUTE, LLM, SESSION_ID, USER_ID } from '../attributes.js';
import { pathOfRoute } from './path-of-route.js';
import { putAttribute, roundMs } from './put-attribute.js';

/** Returns the attributes known when a call starts: samplers see only the attributes that a span starts with. */
export function callStartAttributes({ name, retryIndex }: TracedCall): Attributes {
  return {
    [LLM.FEATURE]: name.feature,
    [LLM.OPERATION]: name.operation,
    [LLM.ATTEMPT]: retryIndex,
    [LLM.IS_RETRY]: retryIndex > 0,
  };
}

const AT_START: ReadonlySet<string> = new Set([LLM.FEATURE, LLM.OPERATION, LLM.ATTEMPT, LLM.IS_RETRY]);

/** Sets the attributes of an ended call on its span `llm.<operation>`. */
export function putCallAttributes(span: Span, record: CallRecord): void {
  const { cost, failure, parameters, identity } = record;
  // Application attributes are set first, so attributes of the library override them.
  for (const name in record.attributes)
    if (!AT_START.has(name)) putAttribute(span, name, record.attributes[name]);
  span.setAttribute(LLM.ATTEMPTS, record.attempts.length);
  span.setAttribute(LLM.REQUEST_TIME, record.startedAt / 1000);
  putTimes(span, record);
  putAttribute(span, LLM.PROVIDER, record.provider);
  putAttribute(span, LLM.MODEL, record.model);
  putAttribute(span, LLM.REQUEST_MODEL, record.requestModel);
  putAttribute(span, LLM.TEMPERATURE, parameters?.temperature);
  putAttribute(span, LLM.MAX_TOKENS, parameters?.maxTokens);
  putUsage(span, record);
  putAttribute(span, LLM.FINISH_REASON, record.finishReason);
  if (record.truncated) span.setAttribute(LLM.TRUNCATED, true);
  if (record.attempts.length > 0 && cost.source !== 'unknown')
    span.setAttribute(LLM.ESTIMATED_COST_USD, cost.costUsd);
  putAttribute(span, LLM.COST_SOURCE, cost.source);
  putAttribute(span, LLM.PROVIDER_COST_USD, record.providerCostUsd);
  if (failure) {
    if (failure.type !== 'aborted') span.setAttribute(LLM.ERROR, true);
    span.setAttribute(LLM.ERROR_TYPE, failure.type);
  }
  if (record.budgetExceeded) span.setAttribute(LLM.BUDGET_EXCEEDED, true);
  if (record.route !== null) span.setAttribute(HTTP_ROUTE, pathOfRoute(record.route));
  putAttribute(span, LLM.TENANT, identity.tenantId);
  putAttribute(span, USER_ID, identity.userId);
  putAttribute(span, SESSION_ID, identity.sessionId);
}

function putTimes(span: Span, record: CallRecord): void {
  span.setAttribute(LLM.LATENCY_MS, roundMs(record.durationMs));
  if (record.attempts.length > 0) span.setAttribute(LLM.PROVIDER_TIME_MS, roundMs(record.providerTimeMs));
  if (record.waitingTimeMs > 0) span.setAttribute(LLM.WAITING_TIME_MS, roundMs(record.waitingTimeMs));
  if (record.timeToFirstTokenMs !== null)
    span.setAttribute(LLM.TIME_TO_FIRST_TOKEN_MS, roundMs(record.timeToFirstTokenMs));
}

function putUsage(span: Span, { usage }: CallRecord): void {
  if (usage === null) return;
  const { inputTokens, outputTokens, cachedInputTokens, source } = usage;
  span.setAttribute(LLM.USAGE_SOURCE, source);
  // A sum without the tokens of one attempt would read as the total.
  if (source === 'missing') return;
  const used = usedParts(usage);
  for (const row of PART_ROWS) {
    let count = 0;
    for (const part of used) if (part.row === row) count = part.count;
    if (count === 0 && row.nullable && usage[row.name] === null) continue;
    span.setAttribute(row.callAttribute!, count);
  }
  span.setAttribute(LLM.TOTAL_TOKENS, inputTokens + outputTokens);
  if (cachedInputTokens !== null) span.setAttribute(LLM.CACHED, cachedInputTokens > 0);
}

const PART_ROWS = USAGE_ROWS.filter(({ callAttribute }) => callAttribute !== undefined);
