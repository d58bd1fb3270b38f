import type { Attributes } from '@opentelemetry/api';
import type { AttemptContent } from '../call/content.js';
import type { AttemptRecord, CallRecord } from '../call/record.js';
import type { RequestParameters } from '../wire/formats/format.js';
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
} from './attributes.js';
import { errorTypeAttribute } from './error-type-attribute.js';
import type { Semconv } from './semconv.js';

/** Which request parameter is which attribute. */
const PARAMETERS: ReadonlyArray<readonly [keyof RequestParameters, string]> = [
  ['model', GEN_AI.REQUEST_MODEL],
  ['maxTokens', GEN_AI.REQUEST_MAX_TOKENS],
  ['temperature', GEN_AI.REQUEST_TEMPERATURE],
  ['topP', GEN_AI.REQUEST_TOP_P],
  ['topK', GEN_AI.REQUEST_TOP_K],
  ['frequencyPenalty', GEN_AI.REQUEST_FREQUENCY_PENALTY],
  ['presencePenalty', GEN_AI.REQUEST_PRESENCE_PENALTY],
  ['seed', GEN_AI.REQUEST_SEED],
  ['choiceCount', GEN_AI.REQUEST_CHOICE_COUNT],
  ['dimensions', GEN_AI.EMBEDDINGS_DIMENSION_COUNT],
];

/** What is known of an attempt before it is sent: a sampler sees only the attributes that a span starts with. */
export function attemptStartAttributes(
  operation: string,
  provider: string,
  server: { readonly address: string; readonly port: number | null } | null,
  parameters: RequestParameters,
): Attributes {
  const attributes: Attributes = { [GEN_AI.OPERATION_NAME]: operation, [GEN_AI.PROVIDER_NAME]: provider };
  for (const [parameter, name] of PARAMETERS) {
    const value = parameters[parameter];
    if (value !== undefined && value !== null) attributes[name] = value;
  }
  if (parameters.stream) attributes[GEN_AI.REQUEST_STREAM] = true;
  if (parameters.stopSequences) attributes[GEN_AI.REQUEST_STOP_SEQUENCES] = [...parameters.stopSequences];
  if (parameters.serviceTier && isOpenAi(provider))
    attributes[OPENAI_REQUEST_SERVICE_TIER] = parameters.serviceTier;
  if (server) {
    attributes[SERVER_ADDRESS] = server.address;
    if (server.port !== null) attributes[SERVER_PORT] = server.port;
  }
  return attributes;
}

/** What an attempt turned out to be. `withUsage`: false where the SDK's own span carries the usage already. */
export function attemptEndAttributes(
  record: CallRecord,
  attempt: AttemptRecord,
  withUsage: boolean,
  semconv: Semconv,
): Attributes {
  const { usage } = attempt;
  const attributes: Attributes = {
    [LLM.FEATURE]: record.feature,
    [LLM.OPERATION]: record.operation,
    [LLM.ATTEMPT]: attempt.attempt,
    [LLM.IS_RETRY]: attempt.isRetry,
  };
  if (attempt.responseId !== null) attributes[GEN_AI.RESPONSE_ID] = attempt.responseId;
  if (attempt.responseModel !== null) attributes[GEN_AI.RESPONSE_MODEL] = attempt.responseModel;
  if (attempt.providerFinishReasons.length > 0) {
    attributes[GEN_AI.RESPONSE_FINISH_REASONS] = [...attempt.providerFinishReasons];
  }
  if (attempt.timeToFirstChunkMs !== null) {
    attributes[GEN_AI.RESPONSE_TIME_TO_FIRST_CHUNK] = attempt.timeToFirstChunkMs / 1000;
  }
  if (attempt.timeToFirstTokenMs !== null) {
    attributes[LLM.TIME_TO_FIRST_TOKEN_MS] = Math.round(attempt.timeToFirstTokenMs * 1000) / 1000;
  }
  if (attempt.requestId !== null) attributes[LLM.REQUEST_ID] = attempt.requestId;
  if (attempt.isRetry) {
    attributes[LLM.WAITED_MS] = Math.round(attempt.waitedMs * 1000) / 1000;
    if (attempt.waitAskedMs !== null) attributes[LLM.WAIT_ASKED_MS] = attempt.waitAskedMs;
  }
  for (const name in attempt.rateLimits)
    attributes[HTTP_RESPONSE_HEADER + name] = [attempt.rateLimits[name]!];
  if (attempt.status !== null) attributes[HTTP_RESPONSE_STATUS_CODE] = attempt.status;
  if (attempt.failure) {
    attributes[ERROR_TYPE] = errorTypeAttribute(attempt.failure);
  }
  if (attempt.content) addContent(attributes, attempt.content);
  if (usage?.serviceTier && isOpenAi(attempt.provider))
    attributes[OPENAI_RESPONSE_SERVICE_TIER] = usage.serviceTier;
  if (withUsage && usage && usage.source !== 'missing') {
    attributes[GEN_AI.USAGE_INPUT_TOKENS] = usage.inputTokens;
    attributes[GEN_AI.USAGE_OUTPUT_TOKENS] = usage.outputTokens;
    attributes[GEN_AI.USAGE_CACHE_READ_INPUT_TOKENS] = usage.cachedInputTokens;
    const written = usage.cacheWriteTokens5m + usage.cacheWriteTokens1h;
    if (written > 0) {
      attributes[GEN_AI.USAGE_CACHE_WRITE_INPUT_TOKENS] = written;
      // Under the older name too: what was built on published constants looks for that.
      if (semconv !== 'latest') attributes[GEN_AI.USAGE_CACHE_CREATION_INPUT_TOKENS] = written;
    }
    if (usage.reasoningTokens > 0) attributes[GEN_AI.USAGE_REASONING_OUTPUT_TOKENS] = usage.reasoningTokens;
  }
  return attributes;
}

function addContent(attributes: Attributes, content: AttemptContent): void {
  const { systemInstructions, inputMessages, outputMessages } = content;
  if (systemInstructions.length > 0)
    attributes[GEN_AI.SYSTEM_INSTRUCTIONS] = JSON.stringify(systemInstructions);
  if (inputMessages.length > 0) attributes[GEN_AI.INPUT_MESSAGES] = JSON.stringify(inputMessages);
  if (outputMessages.length > 0) attributes[GEN_AI.OUTPUT_MESSAGES] = JSON.stringify(outputMessages);
  if (content.truncated) attributes[LLM.CONTENT_TRUNCATED] = true;
}

function isOpenAi(provider: string): boolean {
  return provider === 'openai' || provider === 'azure.ai.openai';
}
