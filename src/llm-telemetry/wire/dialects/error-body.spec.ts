import { errorIn, errorOfEvent } from './error-body.js';

const OVERFLOW = "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.";

describe('errorIn', () => {
  it.each<[string, object]>([
    ['a completion', { id: 'c', object: 'chat.completion', choices: [] }],
    ['a null error', { error: null, choices: [] }],
    ['a response of MiniMax without an error', { base_resp: { status_code: 0, status_msg: 'success' } }],
    ['a detail of a successful response', { detail: 'x' }],
    ['a message without a status', { message: 'x', code: 200 }],
    ['a blank error', { error: { message: '', type: '', code: null, details: [] }, choices: [] }],
    ['a text of a success', { success: true, msg: 'ok', code: 200 }],
    ['a status without a message', { status: 429, message: { role: 'assistant' } }],
  ])('returns null for %s', (_, body) => {
    expect(errorIn(body as never)).toBeNull();
  });

  it.each<[string, object, object]>([
    ['a text', { error: 'out of memory' }, { code: null, type: null, hint: null }],
    ['a numeric code', { error: { code: 502, message: 'x' } }, { code: null, status: 502 }],
    ['a code with three digits', { error: { code: '429' } }, { status: 429 }],
    ['a code that is no status', { error: { code: 1300 } }, { status: undefined }],
    [
      'a flat object',
      { object: 'error', message: OVERFLOW, code: 400 },
      { hint: 'context_window_exceeded', status: 400 },
    ],
    ['a list', { error: [{ code: 'x' }] }, { code: 'x' }],
    ['a flat object with a status', { code: 429, message: 'x' }, { status: 429 }],
    [
      'a flat object with the mark of a failure',
      { success: false, msg: 'x', code: 1001 },
      { status: undefined },
    ],
    [
      'a list of Cloudflare',
      { success: false, errors: [{ code: 429, message: 'x' }], message: 'x' },
      { status: 429 },
    ],
    ['the status of Text Generation Inference', { error: { http_status_code: 422 } }, { status: 422 }],
    [
      'the type of Text Generation Inference',
      { error: 'x', error_type: 'overloaded' },
      { type: 'overloaded' },
    ],
    [
      'the metadata of OpenRouter',
      { error: { code: 400, metadata: { raw: `{"error":{"message":"${OVERFLOW}"}}` } } },
      { hint: 'context_window_exceeded' },
    ],
    [
      'a limit of Model Studio with a misleading code',
      { error: { code: 'insufficient_quota', message: 'Allocated quota exceeded, please increase it.' } },
      { code: 'rate_limit_error' },
    ],
    [
      'an error of MiniMax',
      { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } },
      { code: 'insufficient_quota' },
    ],
  ])('reads %s', (_, body, expected) => {
    expect(errorIn(body as never)).toMatchObject(expected);
  });

  it.each<[string, object, object]>([
    ['a text of FastAPI', { detail: OVERFLOW }, { hint: 'context_window_exceeded' }],
    ['a list of FastAPI', { detail: [{ msg: OVERFLOW }] }, { hint: 'context_window_exceeded' }],
    ['a message', { message: 'too many tokens: size limit exceeded' }, { hint: 'context_window_exceeded' }],
    ['a type of AWS', { __type: 'com.amazon.coral#ThrottlingException' }, { code: 'ThrottlingException' }],
  ])('reads %s in a failed response', (_, body, expected) => {
    expect(errorIn(body as never, true)).toMatchObject(expected);
  });

  it.each<[string, object, number | undefined]>([
    ['of RetryInfo', { details: [{ retryDelay: '34.4s' }] }, 34_400],
    ['in seconds', { retry_after: 2 }, 2000],
    ['of OpenRouter', { metadata: { retry_after_seconds: 9 } }, 9000],
    ['of more than a day', { retry_after: 1e9 }, 86_400_000],
    ['that is negative', { retry_after: -1 }, undefined],
    ['that is no duration', { details: [{ retryDelay: 'soon' }] }, undefined],
  ])('reads a delay %s', (_, error, expected) => {
    expect(errorIn({ error })?.retryAfterMs).toBe(expected);
  });

  it('keeps no text of the error', () => {
    const error = errorIn({ error: { message: `secret ${OVERFLOW}`, param: 'secret' } });
    expect(JSON.stringify(error)).not.toContain('secret');
  });
});

describe('errorOfEvent', () => {
  it.each([
    ['JSON of any shape', '{"code":"429","message":"x"}', { status: 429 }],
    ['a text', 'Insufficient credits', { hint: 'quota_exhausted' }],
  ])('reads %s', (_, data, expected) => {
    expect(errorOfEvent(data)).toMatchObject(expected);
  });

  it('returns null for JSON that is cut', () => {
    expect(errorOfEvent('{"error":{"message":"x')).toBeNull();
  });
});
