import { USAGE_PARTS } from '../wire/usage-table.js';

/**
 * Attribute names of spans and metrics. `LLM` are our own names, which dashboards and alerts depend on; `GEN_AI` and the
 * others are those of the OpenTelemetry semantic conventions.
 * Attributes of token counts are named in the table of usage parts (`wire/usage-table.ts`).
 */
export const LLM = {
  FEATURE: 'llm.feature',
  OPERATION: 'llm.operation',
  PROVIDER: 'llm.provider',
  MODEL: 'llm.model',
  REQUEST_MODEL: 'llm.request_model',
  TEMPERATURE: 'llm.temperature',
  MAX_TOKENS: 'llm.max_tokens',
  REQUEST_TIME: 'llm.request_time',
  LATENCY_MS: 'llm.latency_ms',
  PROVIDER_TIME_MS: 'llm.provider_time_ms',
  WAITING_TIME_MS: 'llm.waiting_time_ms',
  TIME_TO_FIRST_TOKEN_MS: 'llm.time_to_first_token_ms',
  TOTAL_TOKENS: 'llm.total_tokens',
  CACHED: 'llm.cached',
  FINISH_REASON: 'llm.finish_reason',
  TRUNCATED: 'llm.truncated',
  ESTIMATED_COST_USD: 'llm.estimated_cost_usd',
  USAGE_SOURCE: 'llm.usage_source',
  COST_SOURCE: 'llm.cost_source',
  PROVIDER_COST_USD: 'llm.provider_cost_usd',
  ATTEMPTS: 'llm.attempts',
  ATTEMPT: 'llm.attempt',
  IS_RETRY: 'llm.is_retry',
  WAITED_MS: 'llm.waited_ms',
  WAIT_ASKED_MS: 'llm.wait_asked_ms',
  REQUEST_ID: 'llm.request_id',
  CONTENT_TRUNCATED: 'llm.content_truncated',
  ERROR: 'llm.error',
  ERROR_TYPE: 'llm.error_type',
  BUDGET_EXCEEDED: 'llm.budget_exceeded',
  TENANT: 'llm.tenant',
  REQUEST_CALLS: 'llm.request.calls',
  REQUEST_TOTAL_TOKENS: 'llm.request.total_tokens',
  REQUEST_ESTIMATED_COST_USD: 'llm.request.estimated_cost_usd',
} as const;

export const GEN_AI = {
  OPERATION_NAME: 'gen_ai.operation.name',
  PROVIDER_NAME: 'gen_ai.provider.name',
  REQUEST_MODEL: 'gen_ai.request.model',
  REQUEST_MAX_TOKENS: 'gen_ai.request.max_tokens',
  REQUEST_TEMPERATURE: 'gen_ai.request.temperature',
  REQUEST_TOP_P: 'gen_ai.request.top_p',
  REQUEST_TOP_K: 'gen_ai.request.top_k',
  REQUEST_FREQUENCY_PENALTY: 'gen_ai.request.frequency_penalty',
  REQUEST_PRESENCE_PENALTY: 'gen_ai.request.presence_penalty',
  REQUEST_SEED: 'gen_ai.request.seed',
  REQUEST_CHOICE_COUNT: 'gen_ai.request.choice.count',
  REQUEST_STOP_SEQUENCES: 'gen_ai.request.stop_sequences',
  REQUEST_STREAM: 'gen_ai.request.stream',
  RESPONSE_ID: 'gen_ai.response.id',
  RESPONSE_MODEL: 'gen_ai.response.model',
  RESPONSE_FINISH_REASONS: 'gen_ai.response.finish_reasons',
  RESPONSE_TIME_TO_FIRST_CHUNK: 'gen_ai.response.time_to_first_chunk',
  EMBEDDINGS_DIMENSION_COUNT: 'gen_ai.embeddings.dimension.count',
  INPUT_MESSAGES: 'gen_ai.input.messages',
  OUTPUT_MESSAGES: 'gen_ai.output.messages',
  SYSTEM_INSTRUCTIONS: 'gen_ai.system_instructions',
  USAGE_INPUT_TOKENS: USAGE_PARTS.inputTokens.attribute.name,
  TOKEN_TYPE: 'gen_ai.token.type',
  TOKEN_MODALITY: 'gen_ai.token.modality',
} as const;

export const OPENAI_REQUEST_SERVICE_TIER = 'openai.request.service_tier';
export const OPENAI_RESPONSE_SERVICE_TIER = 'openai.response.service_tier';
export const HTTP_RESPONSE_STATUS_CODE = 'http.response.status_code';
/** Followed by the header's name in lower case; a list of values. */
export const HTTP_RESPONSE_HEADER = 'http.response.header.';
export const HTTP_ROUTE = 'http.route';
export const SERVER_ADDRESS = 'server.address';
export const SERVER_PORT = 'server.port';
export const ERROR_TYPE = 'error.type';
export const USER_ID = 'user.id';
export const SESSION_ID = 'session.id';
