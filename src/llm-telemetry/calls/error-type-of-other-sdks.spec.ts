import { errorTypeOf, type LlmErrorType } from './error-type.js';

/** Returns an error with the members that an SDK sets. The classes of the SDKs are in the comments. */
function sdkError(name: string, members: object, message = 'failed'): Error {
  return Object.assign(new Error(message), { name }, members);
}

const google = (error: object): string => JSON.stringify({ error });

describe('errors of other SDKs', () => {
  it.each<[LlmErrorType, string, Error]>([
    // @google/genai 2, `ApiError`: the message is the body.
    ['rate_limit', 'Gemini', sdkError('ApiError', { status: 429 }, google({ code: 429 }))],
    [
      'auth',
      'Gemini with an invalid key',
      sdkError(
        'ApiError',
        { status: 400 },
        google({ status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] }),
      ),
    ],
    [
      'context_window_exceeded',
      'Gemini with a long prompt',
      sdkError(
        'ApiError',
        { status: 400 },
        google({ message: 'The input token count (9) exceeds the maximum number of tokens allowed (8).' }),
      ),
    ],
    // @aws-sdk/client-bedrock-runtime 3, `BedrockRuntimeServiceException`.
    ['rate_limit', 'Bedrock', sdkError('ThrottlingException', { $metadata: { httpStatusCode: 429 } })],
    [
      'context_window_exceeded',
      'Bedrock with a long prompt',
      sdkError(
        'ValidationException',
        { $metadata: { httpStatusCode: 400 } },
        'Input is too long for requested model.',
      ),
    ],
    ['server_error', 'Bedrock, in a stream', sdkError('ModelStreamErrorException', { $metadata: {} })],
    // cohere-ai 8, `CohereError`.
    [
      'context_window_exceeded',
      'Cohere',
      sdkError('BadRequestError', {
        statusCode: 400,
        body: { message: 'too many tokens: size limit exceeded by 8466 tokens' },
      }),
    ],
    ['timeout', 'Cohere, timed out', sdkError('CohereTimeoutError', {})],
    // ollama 0.6, `ResponseError`.
    ['not_found', 'Ollama', sdkError('ResponseError', { error: 'model not found', status_code: 404 })],
    // @mistralai/mistralai 2, `SDKError`, `HTTPValidationError` and `RequestTimeoutError`.
    [
      'context_window_exceeded',
      'Mistral',
      sdkError('SDKError', {
        statusCode: 400,
        body: '{"object":"error","message":"Prompt contains 9 tokens, too large for model with 8 maximum context length"}',
      }),
    ],
    ['bad_request', 'Mistral', sdkError('HTTPValidationError', { statusCode: 422, body: '{"detail":[]}' })],
    ['timeout', 'Mistral, timed out', sdkError('RequestTimeoutError', {})],
    // openai 7, `APIError` of a stream: there is no status.
    ['server_error', 'an error inside a stream', sdkError('APIError', { code: 502, error: { code: 502 } })],
  ])('have the type %s: %s', (expected, _, error) => {
    expect(errorTypeOf(error)).toBe(expected);
  });
});
