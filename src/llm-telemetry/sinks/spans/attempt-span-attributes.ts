import type { Attributes, Span } from '@opentelemetry/api';
import type { AttemptContent } from '../../calls/content.js';
import type { AttemptRecord, CallRecord } from '../../calls/record.js';
import type { RequestParameters } from '../../wire/formats/format.js';
import { usageSums, usedParts, type Usage } from '../../wire/usage.js';
import {
  ERROR_TYPE,
  GEN_AI,
  HTTP_RESPONSE_HEADER,
  HTTP_RESPONSE_STATUS_CODE,
  LLM,
  OPENAI_REQUEST_SERVICE_TIER,
  OPENAI_RESPONSE_SERVICE_TIER,
  SERVER_ADDRESS,
  SERVER_PORT,
} from '../attributes.js';
import { errorTypeAttribute } from './error-type-attribute.js';
import { putAttribute, roundMs } from './put-attribute.js';
import type { Semconv } from '../semconv.js';

/** Providers whose spans have `openai.*` attributes. Source: OpenTelemetry GenAI semantic conventions, “OpenAI”. */
const WITH_OPENAI_ATTRIBUTES: ReadonlySet<string> = new Set(['openai', 'azure.ai.openai']);

/** Returns the attributes known before an attempt is sent: samplers see only the attributes that a span starts with. */
export function attemptStartAttributes(
  operation: string,
  provider: string,
  server: { readonly address: string; readonly port: number | null } | null,
  parameters: RequestParameters,
): Attributes {
  const attributes: Attributes = { [GEN_AI.OPERATION_NAME]: operation, [GEN_AI.PROVIDER_NAME]: provider };
  const { model, maxTokens, temperature, topP, topK, frequencyPenalty, presencePenalty } = parameters;
  const { seed, choiceCount, dimensions } = parameters;
  if (model !== null) attributes[GEN_AI.REQUEST_MODEL] = model;
  if (maxTokens !== undefined) attributes[GEN_AI.REQUEST_MAX_TOKENS] = maxTokens;
  if (temperature !== undefined) attributes[GEN_AI.REQUEST_TEMPERATURE] = temperature;
  if (topP !== undefined) attributes[GEN_AI.REQUEST_TOP_P] = topP;
  if (topK !== undefined) attributes[GEN_AI.REQUEST_TOP_K] = topK;
  if (frequencyPenalty !== undefined) attributes[GEN_AI.REQUEST_FREQUENCY_PENALTY] = frequencyPenalty;
  if (presencePenalty !== undefined) attributes[GEN_AI.REQUEST_PRESENCE_PENALTY] = presencePenalty;
  if (seed !== undefined) attributes[GEN_AI.REQUEST_SEED] = seed;
  if (choiceCount !== undefined) attributes[GEN_AI.REQUEST_CHOICE_COUNT] = choiceCount;
  if (dimensions !== undefined) attributes[GEN_AI.EMBEDDINGS_DIMENSION_COUNT] = dimensions;
  if (parameters.stream) attributes[GEN_AI.REQUEST_STREAM] = true;
  if (parameters.stopSequences) attributes[GEN_AI.REQUEST_STOP_SEQUENCES] = [...parameters.stopSequences];
  if (parameters.serviceTier && WITH_OPENAI_ATTRIBUTES.has(provider))
    attributes[OPENAI_REQUEST_SERVICE_TIER] = parameters.serviceTier;
  if (server) {
    attributes[SERVER_ADDRESS] = server.address;
    if (server.port !== null) attributes[SERVER_PORT] = server.port;
  }
  return attributes;
}

/** Sets the attributes of an ended attempt. `withUsage`: `false` if the span of the SDK already has the usage. */
export function putAttemptAttributes(
  span: Span,
  record: CallRecord,
  attempt: AttemptRecord,
  withUsage: boolean,
  semconv: Semconv,
): void {
  span.setAttribute(LLM.FEATURE, record.feature);
  span.setAttribute(LLM.OPERATION, record.operation);
  span.setAttribute(LLM.ATTEMPT, attempt.attempt);
  span.setAttribute(LLM.IS_RETRY, attempt.isRetry);
  putAttribute(span, GEN_AI.RESPONSE_ID, attempt.responseId);
  putAttribute(span, GEN_AI.RESPONSE_MODEL, attempt.responseModel);
  if (attempt.providerFinishReasons.length > 0)
    span.setAttribute(GEN_AI.RESPONSE_FINISH_REASONS, [...attempt.providerFinishReasons]);
  putTimes(span, attempt);
  putAttribute(span, LLM.REQUEST_ID, attempt.requestId);
  for (const name in attempt.rateLimits)
    span.setAttribute(HTTP_RESPONSE_HEADER + name, [attempt.rateLimits[name]!]);
  putAttribute(span, HTTP_RESPONSE_STATUS_CODE, attempt.status);
  if (attempt.failure) span.setAttribute(ERROR_TYPE, errorTypeAttribute(attempt.failure));
  if (attempt.content) putContent(span, attempt.content);
  if (attempt.usage) {
    if (WITH_OPENAI_ATTRIBUTES.has(attempt.provider))
      putAttribute(span, OPENAI_RESPONSE_SERVICE_TIER, attempt.usage.serviceTier);
    if (withUsage && attempt.usage.source !== 'missing') putUsage(span, attempt.usage, semconv);
  }
}

function putTimes(span: Span, attempt: AttemptRecord): void {
  if (attempt.timeToFirstChunkMs !== null)
    span.setAttribute(GEN_AI.RESPONSE_TIME_TO_FIRST_CHUNK, attempt.timeToFirstChunkMs / 1000);
  if (attempt.timeToFirstTokenMs !== null)
    span.setAttribute(LLM.TIME_TO_FIRST_TOKEN_MS, roundMs(attempt.timeToFirstTokenMs));
  if (!attempt.isRetry) return;
  span.setAttribute(LLM.WAITED_MS, roundMs(attempt.waitedMs));
  putAttribute(span, LLM.WAIT_ASKED_MS, attempt.waitAskedMs);
}

function putUsage(span: Span, usage: Usage, semconv: Semconv): void {
  const used = usedParts(usage);
  for (const { row, attribute, name, olderName, ifZero } of PART_ATTRIBUTES) {
    let sum = 0;
    for (const part of used) if (part.row.attribute === attribute) sum += part.count;
    if (sum === 0 && (!ifZero || usage[row.name] === null)) continue;
    span.setAttribute(name, sum);
    if (olderName !== undefined && semconv !== 'latest') span.setAttribute(olderName, sum);
  }
}

const PART_ATTRIBUTES = usageSums(({ attribute }) => attribute).map(({ row, name: attribute }) => {
  const { name, olderName, ifZero = false } = attribute;
  return { row, attribute, name, olderName, ifZero };
});

function putContent(span: Span, content: AttemptContent): void {
  const { systemInstructions, inputMessages, outputMessages } = content;
  if (systemInstructions.length > 0)
    span.setAttribute(GEN_AI.SYSTEM_INSTRUCTIONS, JSON.stringify(systemInstructions));
  if (inputMessages.length > 0) span.setAttribute(GEN_AI.INPUT_MESSAGES, JSON.stringify(inputMessages));
  if (outputMessages.length > 0) span.setAttribute(GEN_AI.OUTPUT_MESSAGES, JSON.stringify(outputMessages));
  if (content.truncated) span.setAttribute(LLM.CONTENT_TRUNCATED, true);
}
