import { type FaultKind, type FaultSpec, retryHeaders } from '../model/faults.js';
import type { JsonReply, Platform } from '../model/emulated-api.js';

/**
 * Behavior shared by all Gemini APIs. Source: Gemini API documentation, “Troubleshooting guide”; Google AIP-193,
 * “Errors”. The API sends no request id.
 */
export const googlePlatform: Platform = {
  provider: 'gcp.gemini',
  billsCacheWrites: false,
  filterFinish: 'content_filter',
  reject,
  headers: () => ({ 'x-gemini-service-tier': 'standard' }),
  hasModel: (model) => model.startsWith('gemini-'),
  model,
  models: (ids) => ({ models: ids.map(model) }),
  notFound: (message) => googleError(404, 'NOT_FOUND', message),
};

/** Error that interrupts a stream. Source: as above. */
export const STREAM_ERROR = googleError(
  503,
  'UNAVAILABLE',
  'The model is overloaded. Please try again later.',
);

interface GoogleError {
  readonly error: {
    readonly code: number;
    readonly message: string;
    readonly status: string;
    readonly details?: readonly object[];
  };
}

export function googleError(
  code: number,
  status: string,
  message: string,
  details: readonly object[] = [],
): GoogleError {
  return { error: { code, message, status, ...(details.length === 0 ? {} : { details }) } };
}

function model(id: string): object {
  return {
    name: `models/${id}`,
    displayName: id,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  };
}

function reject(
  kind: FaultKind,
  fault: FaultSpec,
  { model, prompt }: { model: string; prompt: string },
): JsonReply {
  const error = (code: number, status: string, message: string, ...details: object[]): JsonReply => ({
    status: code,
    headers: retryHeaders(fault),
    body: googleError(code, status, message, details),
  });
  switch (kind) {
    case 'rate_limit':
    case 'quota':
      // Both have the same code. The delay is a part of the body.
      return error(
        429,
        'RESOURCE_EXHAUSTED',
        'You exceeded your current quota, please check your plan and billing details.',
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${fault.retryAfter ?? 34}s` },
      );
    case 'overloaded':
      return error(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.');
    case 'auth':
      return error(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'API_KEY_INVALID',
        domain: 'googleapis.com',
      });
    case 'permission':
      return error(403, 'PERMISSION_DENIED', 'The caller does not have permission');
    case 'not_found':
      return error(404, 'NOT_FOUND', `models/${model} is not found for API version v1beta.`);
    case 'too_large':
      return error(413, 'INVALID_ARGUMENT', 'Request payload size exceeds the limit: 20971520 bytes.');
    case 'context_length':
      return error(
        400,
        'INVALID_ARGUMENT',
        'The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).',
      );
    case 'bad_request':
      // Providers quote the rejected input, which must not get into telemetry.
      return error(400, 'INVALID_ARGUMENT', `Invalid value at 'contents': "${prompt.slice(0, 200)}"`);
    case 'html':
      return { status: 502, body: '<html><body><h1>502 Bad Gateway</h1></body></html>' };
    default:
      return error(500, 'INTERNAL', 'An internal error has occurred. Please retry.');
  }
}
