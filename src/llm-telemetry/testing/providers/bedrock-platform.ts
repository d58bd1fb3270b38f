import type { GeneratedResponse, JsonReply, Platform } from '../model/emulated-api.js';
import { retryHeaders, type FaultKind, type FaultSpec } from '../model/faults.js';
import { awsException } from './bedrock-frames.js';

/** Error of Bedrock by fault: status, type and message. */
type AwsError = readonly [status: number, type: string, message: string];

const INTERNAL: AwsError = [
  500,
  'InternalServerException',
  'The system encountered an unexpected error during processing. Try your request again.',
];

/** Source: Amazon Bedrock API reference, “Converse”, errors, and “Common error types”; user guide, “Troubleshooting”. */
const ERRORS: Partial<Record<FaultKind, AwsError>> = {
  rate_limit: [429, 'ThrottlingException', 'Too many requests, please wait before trying again.'],
  quota: [400, 'ServiceQuotaExceededException', 'Your request exceeds the service quota for your account.'],
  overloaded: [503, 'ServiceUnavailableException', 'Bedrock is unable to process your request.'],
  auth: [403, 'UnrecognizedClientException', 'The security token included in the request is invalid.'],
  permission: [
    403,
    'AccessDeniedException',
    "You don't have access to the model with the specified model ID.",
  ],
  not_found: [404, 'ResourceNotFoundException', 'Could not resolve the foundation model.'],
  too_large: [413, 'RequestEntityTooLargeException', 'Request body is too large.'],
  context_length: [400, 'ValidationException', 'Input is too long for requested model.'],
  blocked: [
    400,
    'ValidationException',
    'The model returned the following errors: Output blocked by content filtering policy',
  ],
};

/** Behavior shared by all APIs of Amazon Bedrock. */
export const bedrockPlatform: Platform & { readonly streamError: () => string } = {
  provider: 'aws.bedrock',
  billsCacheWrites: true,
  filterFinish: 'content_filter',
  reject,
  headers: (requestId) => ({ 'x-amzn-requestid': requestId }),
  streamError: () => awsException('serviceUnavailableException', 'The service is unavailable.'),
  // The control plane, which lists models, has another host.
  hasModel: () => false,
  model: () => ({}),
  models: () => ({}),
  notFound: (message) => ({ message }),
};

function reject(kind: FaultKind, fault: FaultSpec, { prompt }: { prompt: string }): JsonReply {
  if (kind === 'html') return { status: 502, body: '<html><body><h1>502 Bad Gateway</h1></body></html>' };
  const invalid: AwsError = [400, 'ValidationException', `Malformed input request: ${prompt.slice(0, 200)}`];
  const [status, type, message] = kind === 'bad_request' ? invalid : (ERRORS[kind] ?? INTERNAL);
  return {
    status,
    headers: {
      ...retryHeaders(fault),
      'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
    },
    body: { message },
  };
}

/** Returns the model in `/model/<id>/<action>`. */
export function modelOf(path: string): string {
  return decodeURIComponent(/\/model\/([^/]+)/.exec(path)![1]!);
}

/** `TokenUsage` of the SDK. */
export interface SentTokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheWriteInputTokens: number;
  readonly cacheDetails?: ReadonlyArray<{ readonly ttl: '5m'; readonly inputTokens: number }>;
}

/** Builds the usage: the input excludes cached tokens. */
export function tokenUsage(generated: GeneratedResponse): SentTokenUsage {
  const { cachedInputTokens, cacheWriteTokens, outputTokens, request } = generated;
  return {
    inputTokens: request.inputTokens - cachedInputTokens - cacheWriteTokens,
    outputTokens,
    totalTokens: request.inputTokens + outputTokens,
    cacheReadInputTokens: cachedInputTokens,
    cacheWriteInputTokens: cacheWriteTokens,
    ...(cacheWriteTokens > 0 ? { cacheDetails: [{ ttl: '5m', inputTokens: cacheWriteTokens }] } : {}),
  };
}

/** Builds the metrics that Bedrock adds to the last chunk of InvokeModelWithResponseStream. */
export function invocationMetrics(generated: GeneratedResponse): object {
  const { cachedInputTokens, cacheWriteTokens, outputTokens, request } = generated;
  return {
    'amazon-bedrock-invocationMetrics': {
      inputTokenCount: request.inputTokens - cachedInputTokens - cacheWriteTokens,
      outputTokenCount: outputTokens,
      invocationLatency: 120,
      firstByteLatency: 40,
      cacheReadInputTokenCount: cachedInputTokens,
      cacheWriteInputTokenCount: cacheWriteTokens,
    },
  };
}

/** Builds the headers of a JSON response of InvokeModel. */
export function countHeaders(generated: GeneratedResponse): Record<string, string> {
  const { cachedInputTokens, cacheWriteTokens, outputTokens, request } = generated;
  return {
    'x-amzn-bedrock-input-token-count': String(request.inputTokens - cachedInputTokens - cacheWriteTokens),
    'x-amzn-bedrock-output-token-count': String(outputTokens),
    'x-amzn-bedrock-cache-read-input-token-count': String(cachedInputTokens),
    'x-amzn-bedrock-cache-write-input-token-count': String(cacheWriteTokens),
    'x-amzn-bedrock-invocation-latency': '120',
  };
}
