import { errorTypeOfResponse, type LlmErrorType } from './error-type.js';

describe('errorTypeOfResponse', () => {
  const none = { code: null, type: null, hint: null };

  it.each<[LlmErrorType, Parameters<typeof errorTypeOfResponse>]>([
    ['rate_limit', [null, 429]],
    ['server_error', [null, 599]],
    ['bad_request', [null, 418]],
    ['unknown', [null, null]],
    ['unknown', [null, 200]],
    ['unknown', [none, 200]],
    ['unknown', [{ ...none, type: 'new_error' }, 200]],
    ['overloaded', [{ ...none, type: 'overloaded_error' }, 200]],
    ['server_error', [{ ...none, type: 'server_error' }, 200]],
    ['rate_limit', [{ ...none, code: 'rate_limit_exceeded' }, 200]],
    // Error of a failed response: type `ResponseError` of openai 7.
    ['bad_request', [{ ...none, code: 'invalid_prompt' }, 200]],
    ['content_filter', [{ ...none, code: 'image_content_policy_violation' }, 200]],
    ['quota_exhausted', [{ ...none, code: 'insufficient_quota', type: 'requests' }, 429]],
    [
      'context_window_exceeded',
      [{ ...none, type: 'invalid_request_error', hint: 'context_window_exceeded' }, 400],
    ],
    [
      'context_window_exceeded',
      [{ ...none, type: 'invalid_request_error', hint: 'context_window_exceeded' }, 200],
    ],
    ['context_window_exceeded', [{ ...none, hint: 'context_window_exceeded' }, 500]],
    ['overloaded', [{ ...none, hint: 'context_window_exceeded' }, 503]],
    // An error inside a successful response names its status.
    ['rate_limit', [{ ...none, status: 429 }, 200]],
    ['timeout', [{ ...none, type: 'GatewayTimeout', status: 504 }, 200]],
    ['auth', [{ ...none, status: 429 }, 401]],
    ['quota_exhausted', [{ ...none, hint: 'quota_exhausted' }, 403]],
    ['auth', [{ ...none, code: 'API_KEY_INVALID', type: 'INVALID_ARGUMENT', status: 400 }, 400]],
    // Amazon Bedrock: a code in a header, and the type of an event.
    ['rate_limit', [null, 400, 'ServiceQuotaExceededException:http://internal.amazon.com/coral/']],
    [
      'context_window_exceeded',
      [
        { ...none, hint: 'context_window_exceeded' },
        400,
        'ValidationException:http://internal.amazon.com/coral/',
      ],
    ],
    ['rate_limit', [{ ...none, type: 'throttlingException' }, 200]],
    ['server_error', [{ ...none, type: 'modelStreamErrorException' }, 200]],
  ])('returns %s for %j', (expected, facts) => {
    expect(errorTypeOfResponse(...facts)).toBe(expected);
  });
});
