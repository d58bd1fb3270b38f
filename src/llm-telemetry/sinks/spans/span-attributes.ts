import type { Attributes, Span } from '@opentelemetry/api';
import type { AttemptRecord, AttributeValue, CallRecord, Failure } from '../../calls/record.js';
import type { TracedCall } from '../../calls/ports.js';
import type { RequestParameters } from '../../wire/formats/format.js';
import { CACHED_PARTS, sumOfParts, usageSums, usedParts, type Usage } from '../../wire/usage.js';
import type { Semconv } from '../attributes.js';

/**
 * Attributes of spans: each is one row of a table, with its name and its value, in the order in which they are set. Rows
 * without a value (`null` or `undefined`) are omitted. Token counts are rows of the table of usage parts
 * (`wire/usage.ts`).
 *
 * Tables are object literals with written-out names: a list of functions took 10% longer for the two spans of a call,
 * computed names 5%.
 */
type Rows = Readonly<Record<string, AttributeValue | null | undefined>>;

/** Attributes of `llm.<operation>` that are known when a call starts: samplers see only the attributes of a start. */
export function callStartAttributes({
  name,
  retryIndex,
}: Pick<TracedCall, 'name' | 'retryIndex'>): Attributes {
  return {
    'llm.feature': name.feature,
    'llm.operation': name.operation,
    'llm.attempt': retryIndex,
    'llm.is_retry': retryIndex > 0,
  };
}

const AT_START: ReadonlySet<string> = new Set(
  Object.keys(callStartAttributes({ name: { feature: '', operation: '' }, retryIndex: 0 })),
);

/** Attributes of `llm.<operation>` when a call has ended. */
export function callAttributes(record: CallRecord): Rows {
  const { attempts, cost, failure, identity, parameters, route, usage } = record;
  const known = isKnown(usage);
  const cached = known && usage.cachedInputTokens !== null ? sumOfParts(usage, CACHED_PARTS) : null;
  return {
    'llm.attempts': attempts.length,
    'llm.turns': turnsOf(attempts),
    'llm.request_time': record.startedAt / 1000,
    'llm.latency_ms': roundMs(record.durationMs),
    'llm.provider_time_ms': attempts.length > 0 ? roundMs(record.providerTimeMs) : null,
    'llm.waiting_time_ms': record.waitingTimeMs > 0 ? roundMs(record.waitingTimeMs) : null,
    'llm.time_to_first_token_ms': roundMs(record.timeToFirstTokenMs),
    'llm.provider': record.provider,
    'llm.model': record.model,
    'llm.request_model': record.requestModel,
    'llm.temperature': parameters?.temperature,
    'llm.max_tokens': parameters?.maxTokens,
    'llm.usage_source': usage?.source,
    'llm.total_tokens': known ? usage.inputTokens + usage.outputTokens : null,
    'llm.cached': cached === null ? null : cached > 0,
    'llm.finish_reason': record.finishReason,
    'llm.truncated': record.truncated || null,
    'llm.estimated_cost_usd': attempts.length > 0 && cost.source !== 'unknown' ? cost.costUsd : null,
    'llm.cost_source': cost.source,
    'llm.provider_cost_usd': record.providerCostUsd,
    'llm.error': (failure !== null && failure.type !== 'aborted') || null,
    'llm.error_type': failure?.type,
    'llm.budget_exceeded': record.budgetExceeded || null,
    'http.route': route === null ? null : pathOfRoute(route),
    'llm.tenant': identity.tenantId,
    'user.id': identity.userId,
    'session.id': identity.sessionId,
  };
}

/** Facts about an attempt before it is sent. */
export interface AttemptStart {
  readonly operation: string;
  readonly provider: string;
  readonly server: { readonly address: string; readonly port: number | null } | null;
  readonly parameters: RequestParameters;
}

/** Attributes of `chat <model>` that are known before an attempt is sent. */
function attemptStartRows({ operation, provider, server, parameters }: AttemptStart): Rows {
  const { stopSequences, serviceTier } = parameters;
  return {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': parameters.model,
    'gen_ai.request.max_tokens': parameters.maxTokens,
    'gen_ai.request.temperature': parameters.temperature,
    'gen_ai.request.top_p': parameters.topP,
    'gen_ai.request.top_k': parameters.topK,
    'gen_ai.request.frequency_penalty': parameters.frequencyPenalty,
    'gen_ai.request.presence_penalty': parameters.presencePenalty,
    'gen_ai.request.seed': parameters.seed,
    'gen_ai.request.choice.count': parameters.choiceCount,
    'gen_ai.embeddings.dimension.count': parameters.dimensions,
    'gen_ai.request.reasoning.level': parameters.reasoningEffort,
    'gen_ai.request.previous_response.id': parameters.previousResponseId,
    'gen_ai.output.type': parameters.outputType,
    'gen_ai.conversation.id': parameters.conversationId,
    'gen_ai.request.stream': parameters.stream || null,
    'gen_ai.request.stop_sequences': stopSequences ? [...stopSequences] : null,
    'openai.request.service_tier': serviceTier && WITH_OPENAI_ATTRIBUTES.has(provider) ? serviceTier : null,
    'server.address': server?.address,
    'server.port': server?.port,
  };
}

/** Attributes of `chat <model>` when an attempt has ended. */
export function attemptAttributes(attempt: AttemptRecord, { feature, operation }: CallRecord): Rows {
  const { content, failure, isRetry, providerFinishReasons, timeToFirstChunkMs, usage } = attempt;
  return {
    'llm.feature': feature,
    'llm.operation': operation,
    'llm.attempt': attempt.attempt,
    'llm.is_retry': isRetry,
    'gen_ai.response.id': attempt.responseId,
    'gen_ai.response.model': attempt.responseModel,
    'gen_ai.response.finish_reasons': providerFinishReasons.length > 0 ? [...providerFinishReasons] : null,
    'gen_ai.response.time_to_first_chunk': timeToFirstChunkMs === null ? null : timeToFirstChunkMs / 1000,
    'llm.time_to_first_token_ms': roundMs(attempt.timeToFirstTokenMs),
    'llm.waited_ms': isRetry ? roundMs(attempt.waitedMs) : null,
    'llm.wait_asked_ms': isRetry ? attempt.waitAskedMs : null,
    'llm.request_id': attempt.requestId,
    'llm.turns': attempt.turns,
    'http.response.status_code': attempt.status,
    'error.type': failure && errorTypeOf(failure),
    'gen_ai.system_instructions': content && jsonOf(content.systemInstructions),
    'gen_ai.input.messages': content && jsonOf(content.inputMessages),
    'gen_ai.output.messages': content && jsonOf(content.outputMessages),
    'llm.content_truncated': content?.truncated || null,
    'openai.response.service_tier': WITH_OPENAI_ATTRIBUTES.has(attempt.provider) ? usage?.serviceTier : null,
  };
}

/** Followed by the name of a rate limit header in lower case; a list of values. */
const HTTP_RESPONSE_HEADER = 'http.response.header.';

export function attemptStartAttributes(start: AttemptStart): Attributes {
  const rows = attemptStartRows(start);
  const attributes: Attributes = {};
  for (const name in rows) {
    const value = rows[name];
    if (value !== null && value !== undefined) attributes[name] = value;
  }
  return attributes;
}

/** Sets the attributes of an ended call. */
export function setCallAttributes(span: Span, record: CallRecord): void {
  // Application attributes are set first, so attributes of the library override them.
  for (const name in record.attributes)
    if (!AT_START.has(name)) setAttribute(span, name, record.attributes[name]);
  setRows(span, callAttributes(record));
  const { usage } = record;
  if (!isKnown(usage)) return;
  const used = usedParts(usage);
  for (const { name, row } of CALL_PARTS) {
    let tokens = 0;
    for (const part of used) if (part.row.callAttribute === name) tokens += part.count;
    if (tokens > 0 || !row.nullable || usage[row.name] !== null) span.setAttribute(name, tokens);
  }
}

const CALL_PARTS = usageSums(({ callAttribute }) => callAttribute);

/** Sets the attributes of an ended attempt. `withUsage`: `false` if the span of another library has usage and cost. */
export function setAttemptAttributes(
  span: Span,
  record: CallRecord,
  attempt: AttemptRecord,
  withUsage: boolean,
  semconv: Semconv,
): void {
  setRows(span, attemptAttributes(attempt, record));
  for (const name in attempt.rateLimits)
    span.setAttribute(HTTP_RESPONSE_HEADER + name, [attempt.rateLimits[name]!]);
  const { cost, usage } = attempt;
  if (!withUsage || !isKnown(usage)) return;
  setUsageAttributes(span, usage, semconv);
  if (cost !== null && cost.source !== 'unknown') span.setAttribute(COST_ATTRIBUTE, cost.costUsd);
}

/**
 * Cost of an operation in USD. Not in the conventions; Langfuse and others read it (docs/backends.md). Separate from
 * `llm.estimated_cost_usd`, whose sum over all spans is the bill.
 */
export const COST_ATTRIBUTE = 'gen_ai.usage.cost';

/** Sets the token counts of a usage. */
export function setUsageAttributes(
  span: { setAttribute(name: string, tokens: number): unknown },
  usage: Usage,
  semconv: Semconv,
): void {
  const used = usedParts(usage);
  for (const { row, attribute, name, olderName, ifZero } of ATTEMPT_PARTS) {
    let tokens = 0;
    for (const part of used) if (part.row.attribute === attribute) tokens += part.count;
    if (tokens === 0 && (!ifZero || usage[row.name] === null)) continue;
    // A backend that reads one of two names may add the other one to the total.
    if (olderName === undefined || semconv !== '1.41') span.setAttribute(name, tokens);
    if (olderName !== undefined && semconv !== 'latest') span.setAttribute(olderName, tokens);
  }
}

const ATTEMPT_PARTS = usageSums(({ attribute }) => attribute).map(({ row, name: attribute }) => {
  const { name, olderName, ifZero = false } = attribute;
  return { row, attribute, name, olderName, ifZero };
});

function setRows(span: Span, rows: Rows): void {
  for (const name in rows) setAttribute(span, name, rows[name]);
}

function setAttribute(span: Span, name: string, value: AttributeValue | null | undefined): void {
  if (value !== undefined && value !== null) span.setAttribute(name, value);
}

/** Rounds milliseconds to microseconds, the resolution of the clock. */
function roundMs(milliseconds: number | null): number | null {
  return milliseconds === null ? null : Math.round(milliseconds * 1000) / 1000;
}

/** Returns the turns of all agents; `null` without an agent. */
function turnsOf(attempts: readonly AttemptRecord[]): number | null {
  let sum: number | null = null;
  for (const { turns } of attempts) if (turns !== undefined) sum = (sum ?? 0) + turns;
  return sum;
}

/** A sum without the tokens of one attempt would read as the total. */
function isKnown(usage: Usage | null): usage is Usage {
  return usage !== null && usage.source !== 'missing';
}

function jsonOf(messages: readonly unknown[]): string | null {
  return messages.length > 0 ? JSON.stringify(messages) : null;
}

/** Providers whose spans have `openai.*` attributes. Source: OpenTelemetry GenAI semantic conventions, “OpenAI”. */
const WITH_OPENAI_ATTRIBUTES: ReadonlySet<string> = new Set(['openai', 'azure.ai.openai']);

/** Returns `error.type`: the normalized error type, or the name of the error class if that is `unknown`. */
export function errorTypeOf({ type, errorClass }: Failure): string {
  return type === 'unknown' ? errorClass : type;
}

/** Returns the path of `POST /orders/:id`, because `http.route` does not include the method. */
export function pathOfRoute(route: string): string {
  return route.slice(route.indexOf(' ') + 1);
}
