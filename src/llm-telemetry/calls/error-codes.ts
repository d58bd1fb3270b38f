/**
 * Normalized type of a failure, the same for every provider.
 *
 * @publicApi
 */
export type LlmErrorType =
  | 'aborted'
  | 'timeout'
  | 'connection'
  | 'quota_exhausted'
  | 'rate_limit'
  | 'overloaded'
  | 'context_window_exceeded'
  | 'content_filter'
  | 'truncated'
  | 'request_too_large'
  | 'auth'
  | 'permission'
  | 'not_found'
  | 'bad_request'
  | 'server_error'
  | 'parse'
  | 'stream_cut'
  | 'empty_response'
  | 'agent_limit'
  | 'budget_exceeded'
  | 'unknown';

/** Codes of OpenAI's spend and usage limits. */
export const QUOTA_CODE = /_(spend|usage)_limit_exceeded$/;

export const TYPES_BY_CODE: ReadonlyMap<string, LlmErrorType> = new Map([
  ['timeout_error', 'timeout'],
  // Items of a batch that were not processed. Source: OpenAI API reference, “Batch”.
  ['batch_expired', 'timeout'],
  ['batch_cancelled', 'aborted'],
  ['insufficient_quota', 'quota_exhausted'],
  ['credit_balance_exhausted', 'quota_exhausted'],
  ['billing_not_active', 'quota_exhausted'],
  ['billing_error', 'quota_exhausted'],
  ['rate_limit_error', 'rate_limit'],
  ['server_overloaded', 'overloaded'],
  // https://github.com/lsdefine/GenericAgent/issues/753
  ['server_is_overloaded', 'overloaded'],
  ['flex_unavailable', 'overloaded'],
  ['overloaded_error', 'overloaded'],
  ['context_length_exceeded', 'context_window_exceeded'],
  // https://github.com/XiaomiMiMo/MiMo-Code/pull/2417
  ['context_window_exceeded', 'context_window_exceeded'],
  ['content_filter', 'content_filter'],
  ['content_policy_violation', 'content_filter'],
  ['image_content_policy_violation', 'content_filter'],
  ['moderation_blocked', 'content_filter'],
  // Source: Amazon Bedrock API reference, “Converse”, errors, and “Common error types”; types of
  // @aws-sdk/client-bedrock-runtime 3 (`errors`). Their statuses (400, 403, 424, 429) would be misleading.
  ['ThrottlingException', 'rate_limit'],
  ['TooManyRequestsException', 'rate_limit'],
  // The quotas of Bedrock are tokens and requests per minute or day: “You can resubmit your request later”.
  ['ServiceQuotaExceededException', 'rate_limit'],
  ['AccessDeniedException', 'permission'],
  ['ExpiredTokenException', 'auth'],
  ['IncompleteSignatureException', 'auth'],
  ['InvalidSignatureException', 'auth'],
  ['MissingAuthenticationTokenException', 'auth'],
  ['UnrecognizedClientException', 'auth'],
  ['ResourceNotFoundException', 'not_found'],
  ['ModelNotReadyException', 'overloaded'],
  ['ServiceUnavailableException', 'overloaded'],
  ['ModelTimeoutException', 'timeout'],
  ['ModelErrorException', 'server_error'],
  ['ModelStreamErrorException', 'server_error'],
  ['InternalServerException', 'server_error'],
  ['InternalFailure', 'server_error'],
  // llama.cpp, `server-context.cpp`.
  ['exceed_context_size_error', 'context_window_exceeded'],
  // Claude Code 2.1, `terminal_reason` and `api_error` of a result, whose status or other code would be misleading.
  ['prompt_too_long', 'context_window_exceeded'],
  ['connection_failed', 'connection'],
  // Source: types of @anthropic-ai/claude-agent-sdk 0.3 (`SDKResultError`, `TerminalReason`).
  ['error_max_turns', 'agent_limit'],
  ['max_turns', 'agent_limit'],
  ['error_max_budget_usd', 'agent_limit'],
  ['budget_exhausted', 'agent_limit'],
  ['error_max_structured_output_retries', 'parse'],
  ['structured_output_retry_exhausted', 'parse'],
  ['malformed_tool_use_exhausted', 'parse'],
  // The context is full, and compaction is off or does not help.
  ['blocking_limit', 'context_window_exceeded'],
  ['rapid_refill_breaker', 'context_window_exceeded'],
  // Google, `ErrorInfo.reason`, sent with 400. https://cloud.google.com/apis/design/errors
  ['API_KEY_INVALID', 'auth'],
  // Moonshot, both sent with 429. https://github.com/MoonshotAI/kimi-code/pull/1857
  ['exceeded_current_quota_error', 'quota_exhausted'],
  ['engine_overloaded_error', 'overloaded'],
  // LiteLLM documentation, “Budgets”, sent with 400 or 429.
  ['budget_exceeded', 'quota_exhausted'],
  // Alibaba Cloud Model Studio documentation, “Error messages”, sent with 400.
  ['data_inspection_failed', 'content_filter'],
  ['DataInspectionFailed', 'content_filter'],
  ['Arrearage', 'quota_exhausted'],
  // OpenCode Zen, with 429. https://github.com/anomalyco/opencode/pull/49195
  ['GoUsageLimitError', 'quota_exhausted'],
  ['FreeUsageLimitError', 'quota_exhausted'],
  ['CreditLimitExceeded', 'quota_exhausted'],
  // Volcengine Ark documentation, “Error codes”, sent with 400, 403 and 429.
  ['SensitiveContentDetected', 'content_filter'],
  ['InputTextSensitiveContentDetected', 'content_filter'],
  ['OutputTextSensitiveContentDetected', 'content_filter'],
  ['InputTextRiskDetection', 'content_filter'],
  ['InputImageRiskDetection', 'content_filter'],
  ['OutputTextRiskDetection', 'content_filter'],
  ['OutputImageRiskDetection', 'content_filter'],
  ['AccountOverdueError', 'quota_exhausted'],
  ['ServerOverloaded', 'overloaded'],
]);

/**
 * Codes that occur with several statuses, which are more specific: OpenAI sends `server_error` with 503 too, and
 * `model_not_found` with 403. Used if there is no status, as in the middle of a stream.
 */
export const TYPES_BY_CODE_WITHOUT_STATUS: ReadonlyMap<string, LlmErrorType> = new Map([
  ['rate_limit_exceeded', 'rate_limit'],
  ['invalid_prompt', 'bad_request'],
  ['invalid_request_error', 'bad_request'],
  ['request_too_large', 'request_too_large'],
  ['authentication_error', 'auth'],
  ['invalid_api_key', 'auth'],
  ['permission_error', 'permission'],
  ['not_found_error', 'not_found'],
  ['model_not_found', 'not_found'],
  ['server_error', 'server_error'],
  ['api_error', 'server_error'],
  // https://github.com/awsl-project/maxx/issues/284
  ['internal_error', 'server_error'],
  // OpenRouter documentation, “Errors”, and `error.metadata.error_type`.
  ['provider_overloaded', 'overloaded'],
  ['provider_unavailable', 'overloaded'],
  // Mistral API; https://github.com/vllm-project/guidellm/pull/743
  ['rate_limited', 'rate_limit'],
  ['GatewayTimeout', 'timeout'],
  // Alibaba Cloud Model Studio documentation, “Error messages”, of DashScope.
  ['Throttling', 'rate_limit'],
  ['Throttling.RateQuota', 'rate_limit'],
  ['Throttling.BurstRate', 'rate_limit'],
  ['Throttling.AllocationQuota', 'rate_limit'],
  ['InvalidParameter', 'bad_request'],
  ['InvalidApiKey', 'auth'],
  ['Model.AccessDenied', 'permission'],
  ['ModelNotFound', 'not_found'],
  ['InternalError', 'server_error'],
  ['InternalError.Algo', 'server_error'],
  ['InternalError.Timeout', 'timeout'],
  ['RequestTimeOut', 'timeout'],
  ['ModelServiceFailed', 'server_error'],
  // Text Generation Inference, `error_type`.
  ['validation', 'bad_request'],
  ['generation', 'server_error'],
  ['incomplete_generation', 'server_error'],
  // `errorOfPage` in `wire/dialects/error-body.ts`. https://github.com/JuiceBoxxGames/utsuwa/pull/67
  ['html_page', 'server_error'],
  // Google, canonical statuses: https://cloud.google.com/apis/design/errors
  ['RESOURCE_EXHAUSTED', 'rate_limit'],
  ['UNAVAILABLE', 'overloaded'],
  ['DEADLINE_EXCEEDED', 'timeout'],
  ['INTERNAL', 'server_error'],
  ['UNAUTHENTICATED', 'auth'],
  ['PERMISSION_DENIED', 'permission'],
  ['NOT_FOUND', 'not_found'],
  ['INVALID_ARGUMENT', 'bad_request'],
  ['FAILED_PRECONDITION', 'bad_request'],
  ['OUT_OF_RANGE', 'bad_request'],
  ['UNKNOWN', 'server_error'],
  ['DATA_LOSS', 'server_error'],
  ['CANCELLED', 'aborted'],
  // Source: types of @google/genai 3, interactions.
  ['too_many_requests', 'rate_limit'],
  // Source: types of @anthropic-ai/claude-agent-sdk 0.3 (`SDKAssistantMessageError`).
  ['authentication_failed', 'auth'],
  ['cloud_credential_error', 'auth'],
  ['oauth_org_not_allowed', 'permission'],
  ['account_on_hold', 'permission'],
  ['verification_required', 'permission'],
  ['rate_limit', 'rate_limit'],
  ['overloaded', 'overloaded'],
  ['invalid_request', 'bad_request'],
  // As above, `TerminalReason` and `SDKStartupFailureReason`.
  ['image_error', 'bad_request'],
  ['model_error', 'server_error'],
  ['gateway_signin_required', 'auth'],
  ['gateway_access_denied', 'permission'],
  ['org_config_refused', 'permission'],
  ['org_pin_api_key_conflict', 'permission'],
  ['org_pin_mismatch', 'permission'],
  ['provider_not_allowed', 'permission'],
  // Amazon Bedrock API reference, “Converse”, “Errors”.
  ['ValidationException', 'bad_request'],
]);

export const TYPES_BY_STATUS: ReadonlyMap<number, LlmErrorType> = new Map([
  [400, 'bad_request'],
  [401, 'auth'],
  [402, 'quota_exhausted'],
  [403, 'permission'],
  [404, 'not_found'],
  [408, 'timeout'],
  [413, 'request_too_large'],
  [429, 'rate_limit'],
  // Portkey: a guardrail refused the request. https://github.com/Portkey-AI/gateway/pull/1740
  [446, 'content_filter'],
  // Groq: no capacity in the flex tier. https://github.com/laravel/ai/pull/925
  [498, 'overloaded'],
  [499, 'aborted'],
  [503, 'overloaded'],
  [504, 'timeout'],
  // Cloudflare, between it and the provider. https://github.com/earendil-works/pi/issues/6239
  [522, 'timeout'],
  [524, 'timeout'],
  [529, 'overloaded'],
]);
