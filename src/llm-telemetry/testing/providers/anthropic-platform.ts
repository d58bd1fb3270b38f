import type Anthropic from '@anthropic-ai/sdk';
import { type FaultKind, type FaultSpec, retryHeaders } from '../model/faults.js';
import type { JsonReply, Platform } from '../model/emulated-api.js';

/**
 * Behavior shared by all Anthropic APIs. Source: API documentation, “Errors”, “Models” and “Rate limits”, “Response
 * headers”.
 */
export const anthropicPlatform: Platform = {
  provider: 'anthropic',
  billsCacheWrites: true,
  filterFinish: 'refusal',
  reject,
  headers: (requestId) => ({
    'request-id': requestId,
    'anthropic-ratelimit-requests-limit': '4000',
    'anthropic-ratelimit-requests-remaining': '3999',
    'anthropic-ratelimit-tokens-limit': '400000',
    'anthropic-ratelimit-tokens-remaining': '399000',
    'anthropic-ratelimit-input-tokens-limit': '320000',
    'anthropic-ratelimit-input-tokens-remaining': '319000',
    'anthropic-ratelimit-output-tokens-limit': '80000',
    'anthropic-ratelimit-output-tokens-remaining': '80000',
  }),
  hasModel: (model) => model.startsWith('claude-'),
  model,
  models: (ids) => ({
    data: ids.map(model),
    has_more: false,
    first_id: ids.at(0) ?? null,
    last_id: ids.at(-1) ?? null,
  }),
  notFound: (message) => ({ type: 'error', error: { type: 'not_found_error', message } }),
};

function model(id: string): Anthropic.ModelInfo {
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: '2025-10-15T00:00:00Z',
    capabilities: null,
    deprecated_at: null,
    lifecycle: 'active',
    line: null,
    max_input_tokens: 200_000,
    max_tokens: 64_000,
    retires_at: null,
  };
}

function reject(
  kind: FaultKind,
  fault: FaultSpec,
  { model, prompt }: { model: string; prompt: string },
): JsonReply {
  const error = (status: number, type: string, message: string): JsonReply => ({
    status,
    headers: retryHeaders(fault),
    body: { type: 'error', error: { type, message } },
  });
  switch (kind) {
    case 'rate_limit':
      return error(
        429,
        'rate_limit_error',
        'This request would exceed the rate limit of 50 requests per minute.',
      );
    case 'quota':
      return error(
        400,
        'invalid_request_error',
        'Your credit balance is too low to access the Anthropic API.',
      );
    case 'overloaded':
      return error(529, 'overloaded_error', 'Overloaded');
    case 'auth':
      return error(401, 'authentication_error', 'invalid x-api-key');
    case 'permission':
      return error(
        403,
        'permission_error',
        'Your API key does not have permission to use the specified resource.',
      );
    case 'not_found':
      return error(404, 'not_found_error', `model: ${model}`);
    case 'too_large':
      return error(413, 'request_too_large', 'Request exceeds the maximum size');
    case 'context_length':
      return error(400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum');
    case 'blocked':
      return error(400, 'invalid_request_error', 'Output blocked by content filtering policy');
    case 'bad_request':
      return error(
        400,
        'invalid_request_error',
        `messages.0.content: invalid value "${prompt.slice(0, 200)}"`,
      );
    case 'html':
      return { status: 502, body: '<html><body><h1>502 Bad Gateway</h1></body></html>' };
    default:
      return error(500, 'api_error', 'Internal server error');
  }
}
