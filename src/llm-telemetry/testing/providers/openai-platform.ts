import type OpenAI from 'openai';
import { type FaultKind, type FaultSpec, retryHeaders } from '../model/faults.js';
import type { JsonReply, Platform } from '../model/emulated-api.js';

/**
 * Behavior shared by all OpenAI APIs. Source: API reference, “Debugging requests” and “Models”; guides “Error
 * codes” and “Rate limits”, “Rate limits in headers”.
 */
export const openaiPlatform: Platform = {
  provider: 'openai',
  billsCacheWrites: false,
  filterFinish: 'content_filter',
  reject,
  headers: (requestId) => ({
    'x-request-id': requestId,
    'openai-version': '2020-10-01',
    'openai-processing-ms': '120',
    'x-ratelimit-limit-requests': '10000',
    'x-ratelimit-remaining-requests': '9999',
    'x-ratelimit-limit-tokens': '200000',
    'x-ratelimit-remaining-tokens': '199000',
  }),
  hasModel: (model) => !model.startsWith('claude-'),
  model,
  models: (ids) => ({ object: 'list', data: ids.map(model) }),
  notFound: (message) => ({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
};

/** Error that interrupts a stream. Source: as above, “Error codes”, 500. */
export const STREAM_ERROR = {
  message: 'The server had an error while processing your request.',
  type: 'server_error',
  param: null,
  code: null,
} as const;

function model(id: string): OpenAI.Model {
  return { id, object: 'model', created: 1_721_172_741, owned_by: 'system' };
}

function reject(
  kind: FaultKind,
  fault: FaultSpec,
  { model, prompt }: { model: string; prompt: string },
): JsonReply {
  const error = (status: number, type: string, code: string | null, message: string): JsonReply => ({
    status,
    headers: retryHeaders(fault),
    body: { error: { message, type, param: null, code } },
  });
  switch (kind) {
    case 'rate_limit':
      return error(
        429,
        'requests',
        'rate_limit_exceeded',
        `Rate limit reached for ${model} on requests per min (RPM): Limit 3, Used 3, Requested 1.`,
      );
    case 'quota':
      return error(
        429,
        'insufficient_quota',
        'insufficient_quota',
        'You exceeded your current quota, please check your plan and billing details.',
      );
    case 'overloaded':
      return error(
        503,
        'server_error',
        'server_overloaded',
        'The engine is currently overloaded, please try again later.',
      );
    case 'auth':
      return error(401, 'invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.');
    case 'permission':
      return error(403, 'invalid_request_error', null, `Project does not have access to model ${model}.`);
    case 'not_found':
      return error(
        404,
        'invalid_request_error',
        'model_not_found',
        `The model \`${model}\` does not exist or you do not have access to it.`,
      );
    case 'too_large':
      return error(413, 'invalid_request_error', null, 'Request too large.');
    case 'context_length':
      return error(
        400,
        'invalid_request_error',
        'context_length_exceeded',
        "This model's maximum context length is 128000 tokens.",
      );
    case 'blocked':
      return error(
        400,
        'invalid_request_error',
        'content_policy_violation',
        'Your request was rejected as a result of our safety system.',
      );
    case 'bad_request':
      // Providers quote the rejected input, which must not get into telemetry.
      return error(
        400,
        'invalid_request_error',
        null,
        `Invalid value in messages: "${prompt.slice(0, 200)}"`,
      );
    case 'html':
      return { status: 502, body: '<html><body><h1>502 Bad Gateway</h1></body></html>' };
    default:
      return error(
        500,
        'server_error',
        null,
        'The server had an error while processing your request. Sorry about that!',
      );
  }
}
