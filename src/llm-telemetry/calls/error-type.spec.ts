import { createRequire } from 'node:module';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import * as openaiErrors from 'openai/core/error';
import { z } from 'zod';
import * as zodMini from 'zod/mini';
import * as zod3 from 'zod/v3';
import { ERROR_DESCRIPTIONS, errorClassOf, errorTypeOf, type LlmErrorType } from './error-type.js';

const require = createRequire(import.meta.url);

interface Sdks {
  readonly OpenAI: typeof OpenAI;
  readonly openaiErrors: typeof openaiErrors;
  readonly Anthropic: typeof Anthropic;
}

/** Two installations of each SDK, whose classes share only their names. */
const INSTALLS: Record<string, Sdks> = {
  'an ESM install': { OpenAI, openaiErrors, Anthropic },
  'a CommonJS install': {
    OpenAI: (require('openai') as { OpenAI: typeof OpenAI }).OpenAI,
    openaiErrors: require('openai/core/error') as typeof openaiErrors,
    Anthropic: (require('@anthropic-ai/sdk') as { Anthropic: typeof Anthropic }).Anthropic,
  },
};

type MakeError = (sdks: Sdks) => Error;

/** Creates the error that the OpenAI SDK throws for a failed response. Body: type `ErrorObject` of openai 7. */
function openai(status: number, code: string | null = null, type = 'invalid_request_error'): MakeError {
  const error: OpenAI.ErrorObject = { message: 'Something about the prompt.', type, param: null, code };
  return (sdks) => sdks.OpenAI.APIError.generate(status, { error }, undefined, new Headers());
}

/** Creates the error that the Anthropic SDK throws. Body: type `ErrorResponse` of @anthropic-ai/sdk 1. */
function anthropic(status: number, type: string, message = 'Something about the prompt.'): MakeError {
  const body = { type: 'error', error: { type, message }, request_id: 'req_1' };
  return (sdks) => sdks.Anthropic.APIError.generate(status, body, undefined, new Headers());
}

/** Creates the error of an error event in a stream: an `APIError` without a status. */
function openaiEvent(type: string, code: string | null = null): MakeError {
  const error: OpenAI.ErrorObject = { message: 'Something.', type, param: null, code };
  return (sdks) => new sdks.OpenAI.APIError(undefined, error, undefined, new Headers());
}

function anthropicEvent(type: Anthropic.ErrorType, message = 'Something.'): MakeError {
  const body = { type: 'error', error: { type, message } };
  return (sdks) => new sdks.Anthropic.APIError(undefined, body, undefined, new Headers(), type);
}

/** Creates an error of the AWS SDK. Source: types of @smithy/core 3 (`ServiceException`). */
function aws(name: string, httpStatusCode: number, message = 'Something.'): Error {
  return Object.assign(new Error(message), { name, $fault: 'client', $metadata: { httpStatusCode } });
}

const refused = (): Error => new TypeError('fetch failed', { cause: coded('ECONNREFUSED') });

function coded(code: string): Error {
  return Object.assign(new Error('connect'), { code });
}

// SPEC, “Error types”, row by row.
const TABLE: Array<[LlmErrorType, string, MakeError]> = [
  ['aborted', 'OpenAI, by the application', (sdks) => new sdks.OpenAI.APIUserAbortError()],
  ['aborted', 'Anthropic, by the application', (sdks) => new sdks.Anthropic.APIUserAbortError()],
  ['aborted', 'Anthropic 499', anthropic(499, 'invalid_request_error')],
  ['timeout', 'OpenAI, of the SDK', (sdks) => new sdks.OpenAI.APIConnectionTimeoutError()],
  ['timeout', 'OpenAI 408', openai(408)],
  ['timeout', 'Anthropic, of the SDK', (sdks) => new sdks.Anthropic.APIConnectionTimeoutError()],
  ['timeout', 'Anthropic 408', anthropic(408, 'invalid_request_error')],
  ['timeout', 'Anthropic 504', anthropic(504, 'timeout_error')],
  ['timeout', 'Anthropic 504 without a body', anthropic(504, '')],
  ['timeout', 'Anthropic, by an event', anthropicEvent('timeout_error')],
  ['connection', 'OpenAI', (sdks) => new sdks.OpenAI.APIConnectionError({ cause: refused() })],
  ['connection', 'Anthropic', (sdks) => new sdks.Anthropic.APIConnectionError({ cause: refused() })],
  ['quota_exhausted', 'OpenAI 429, by code', openai(429, 'insufficient_quota')],
  ['quota_exhausted', 'OpenAI 429, by type', openai(429, null, 'insufficient_quota')],
  ['quota_exhausted', 'OpenAI 429, spend limit', openai(429, 'project_spend_limit_exceeded')],
  ['quota_exhausted', 'OpenAI 429, usage limit', openai(429, 'organization_usage_limit_exceeded')],
  ['quota_exhausted', 'OpenAI 429, credit', openai(429, 'credit_balance_exhausted')],
  ['quota_exhausted', 'OpenAI 429, billing', openai(429, 'billing_not_active')],
  ['quota_exhausted', 'Anthropic 402', anthropic(402, 'billing_error')],
  ['quota_exhausted', 'Anthropic 402 without a body', anthropic(402, '')],
  ['quota_exhausted', 'Anthropic, by an event', anthropicEvent('billing_error')],
  [
    'quota_exhausted',
    'Anthropic 400, by its text',
    anthropic(400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
  ],
  ['rate_limit', 'OpenAI 429', openai(429, 'rate_limit_exceeded', 'requests')],
  ['rate_limit', 'OpenAI 429 without a code', openai(429, null, 'tokens')],
  ['rate_limit', 'Anthropic 429', anthropic(429, 'rate_limit_error')],
  ['rate_limit', 'Anthropic, by an event', anthropicEvent('rate_limit_error')],
  ['overloaded', 'OpenAI 503', openai(503, null, 'server_error')],
  ['overloaded', 'OpenAI, server_overloaded', openai(500, 'server_overloaded', 'server_error')],
  ['overloaded', 'OpenAI 429, flex_unavailable', openai(429, 'flex_unavailable')],
  ['overloaded', 'Anthropic 529', anthropic(529, 'overloaded_error')],
  ['overloaded', 'Anthropic 529 without a body', anthropic(529, '')],
  ['overloaded', 'Anthropic, by an event', anthropicEvent('overloaded_error')],
  ['context_window_exceeded', 'OpenAI 400', openai(400, 'context_length_exceeded')],
  [
    'context_window_exceeded',
    'Anthropic 400, by its text',
    anthropic(400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
  ],
  [
    'context_window_exceeded',
    'Anthropic, by the text of an event',
    anthropicEvent('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
  ],
  ['content_filter', 'OpenAI 400', openai(400, 'content_filter')],
  ['content_filter', 'OpenAI 400, policy', openai(400, 'content_policy_violation')],
  ['content_filter', 'OpenAI 400, moderation', openai(400, 'moderation_blocked')],
  [
    'content_filter',
    'Anthropic 400, by its text',
    anthropic(400, 'invalid_request_error', 'Output blocked by content filtering policy'),
  ],
  [
    'content_filter',
    'Anthropic, by the text of an event',
    anthropicEvent('invalid_request_error', 'Output blocked by content filtering policy'),
  ],
  ['content_filter', 'OpenAI, of .parse()', (sdks) => new sdks.openaiErrors.ContentFilterFinishReasonError()],
  ['truncated', 'OpenAI, of .parse()', (sdks) => new sdks.openaiErrors.LengthFinishReasonError()],
  ['request_too_large', 'OpenAI 413', openai(413)],
  ['request_too_large', 'Anthropic 413', anthropic(413, 'request_too_large')],
  ['auth', 'OpenAI 401', openai(401, 'invalid_api_key')],
  ['auth', 'Anthropic 401', anthropic(401, 'authentication_error')],
  ['permission', 'OpenAI 403', openai(403)],
  // “Project … does not have access to model …”
  ['permission', 'OpenAI 403, model_not_found', openai(403, 'model_not_found')],
  ['permission', 'Anthropic 403', anthropic(403, 'permission_error')],
  ['not_found', 'OpenAI 404', openai(404, 'model_not_found')],
  ['not_found', 'Anthropic 404', anthropic(404, 'not_found_error')],
  ['bad_request', 'OpenAI 400', openai(400)],
  ['bad_request', 'OpenAI 409', openai(409)],
  ['bad_request', 'OpenAI 422', openai(422)],
  ['bad_request', 'Anthropic 400', anthropic(400, 'invalid_request_error')],
  ['bad_request', 'Anthropic 409', anthropic(409, 'invalid_request_error')],
  ['bad_request', 'Anthropic 412', anthropic(412, 'invalid_request_error')],
  ['bad_request', 'Anthropic 422', anthropic(422, 'invalid_request_error')],
  ['server_error', 'OpenAI 500', openai(500, null, 'server_error')],
  ['server_error', 'OpenAI 502', openai(502)],
  ['server_error', 'OpenAI, by an event', openaiEvent('server_error')],
  ['server_error', 'Anthropic 500', anthropic(500, 'api_error')],
  ['server_error', 'Anthropic 501', anthropic(501, '')],
  ['server_error', 'Anthropic, by an event', anthropicEvent('api_error')],
  ['unknown', 'OpenAI, by an event', openaiEvent('new_error')],
  ['unknown', 'OpenAI, the base class', (sdks) => new sdks.OpenAI.OpenAIError('something')],
  ['unknown', 'Anthropic, the base class', (sdks) => new sdks.Anthropic.AnthropicError('something')],
];

/** Creates the error that the Vercel AI SDK throws for a failed response: `data` is the parsed body. */
function aiSdk(status: number, error: Record<string, unknown>): Error {
  return Object.assign(new Error('Something about the prompt.'), {
    name: 'AI_APICallError',
    statusCode: status,
    data: { error },
  });
}

/** Copies the fields of an error to an instance of an unrelated class with the same name. */
function lookalike(error: object): object {
  const prototype = Object.getPrototypeOf(error) as { constructor: { name: string } };
  const classes: string[] = [];
  for (let at: object = prototype; at.constructor !== Error; at = Object.getPrototypeOf(at) as object)
    classes.unshift(at.constructor.name);
  let made: new () => object = Error;
  for (const name of classes) made = { [name]: class extends made {} }[name]!;
  return Object.defineProperties(new made(), Object.getOwnPropertyDescriptors(error));
}

describe.each(Object.entries(INSTALLS))('errorTypeOf, for errors of %s', (_, sdks) => {
  it.each(TABLE)('returns %s for %s', (expected, _name, make) => {
    expect(errorTypeOf(make(sdks))).toBe(expected);
  });
});

describe('errorTypeOf', () => {
  it.each(TABLE)('returns %s for a lookalike of %s', (expected, _name, make) => {
    const error = make(INSTALLS['an ESM install']!);
    const copy = lookalike(error);
    expect(copy.constructor).not.toBe(error.constructor);
    expect(errorTypeOf(copy)).toBe(expected);
  });

  it('is tested with two installations whose classes differ', () => {
    const [esm, commonJs] = Object.values(INSTALLS);
    expect(openai(429)(esm!)).not.toBeInstanceOf(commonJs!.OpenAI.APIError);
    expect(anthropic(429, 'rate_limit_error')(esm!)).not.toBeInstanceOf(commonJs!.Anthropic.APIError);
  });

  it.each<[LlmErrorType, string, () => unknown]>([
    ['rate_limit', 'a throttled request to AWS', () => aws('ThrottlingException', 429)],
    ['rate_limit', 'a quota of AWS by minute or day', () => aws('ServiceQuotaExceededException', 400)],
    ['permission', 'a model of AWS without access', () => aws('AccessDeniedException', 403)],
    ['auth', 'an expired token of AWS', () => aws('ExpiredTokenException', 403)],
    ['server_error', 'a failed model of AWS', () => aws('ModelErrorException', 424)],
    ['timeout', 'a slow model of AWS', () => aws('ModelTimeoutException', 408)],
    ['overloaded', 'a model of AWS that is not ready', () => aws('ModelNotReadyException', 429)],
    ['bad_request', 'an invalid request to AWS', () => aws('ValidationException', 400)],
    [
      'rate_limit',
      'an exception in a stream of AWS',
      () => Object.assign(new Error('Something.'), { name: 'ThrottlingException', $fault: 'client' }),
    ],
    ['server_error', 'an unknown error of AWS', () => aws('NewException', 500)],
    [
      'context_window_exceeded',
      'a long prompt for AWS',
      () => aws('ValidationException', 400, 'Input is too long for requested model.'),
    ],
    ['aborted', 'an AbortController', () => AbortSignal.abort().reason],
    [
      'aborted',
      'a DOMException AbortError',
      () => new DOMException('This operation was aborted', 'AbortError'),
    ],
    [
      'timeout',
      'an abort of an SDK by AbortSignal.timeout()',
      () =>
        Object.defineProperty(new OpenAI.APIUserAbortError(), 'cause', {
          value: new DOMException('Timed out', 'TimeoutError'),
        }),
    ],
    ['timeout', 'a DOMException TimeoutError', () => new DOMException('Timed out', 'TimeoutError')],
    ['connection', 'a fetch that was refused', refused],
    [
      'connection',
      'a fetch with an interrupted body',
      () => new TypeError('terminated', { cause: coded('UND_ERR_SOCKET') }),
    ],
    ['connection', 'a socket', () => coded('ECONNRESET')],
    ['quota_exhausted', 'the AI SDK, by code', () => aiSdk(429, { code: 'insufficient_quota' })],
    [
      'context_window_exceeded',
      'the AI SDK, by code',
      () => aiSdk(400, { type: 'invalid_request_error', code: 'context_length_exceeded' }),
    ],
    ['overloaded', 'the AI SDK, by type', () => aiSdk(529, { type: 'overloaded_error' })],
    ['connection', 'an unresolvable host name', () => coded('ENOTFOUND')],
    ['parse', 'JSON.parse', () => caught(() => JSON.parse('{"cut'))],
    ['parse', 'zod', () => caught(() => z.object({ summary: z.string() }).parse({}))],
    ['parse', 'zod, safeParse', () => z.object({ summary: z.string() }).safeParse({}).error],
    [
      'parse',
      'zod/mini',
      () => caught(() => zodMini.parse(zodMini.object({ summary: zodMini.string() }), {})),
    ],
    ['parse', 'zod 3', () => caught(() => zod3.z.object({ summary: zod3.z.string() }).parse({}))],
    ['unknown', 'a plain Error', () => new Error('prompt and key')],
    ['unknown', 'a class of the application', () => new (class OrderError extends Error {})('no')],
    [
      'unknown',
      'a TypeError of the application',
      () => caught(() => (undefined as unknown as string).length),
    ],
    ['unknown', 'a missing file', () => coded('ENOENT')],
  ])('returns %s for %s', (expected, _name, make) => {
    expect(errorTypeOf(make())).toBe(expected);
  });

  it('uses the type of the cause if the error itself is unknown', () => {
    const cause = openai(429)(INSTALLS['an ESM install']!);
    expect(errorTypeOf(new Error('summary failed', { cause }))).toBe('rate_limit');
    expect(errorTypeOf(new Error('outer', { cause: new Error('inner', { cause }) }))).toBe('rate_limit');
    // The RetryError of the Vercel AI SDK.
    expect(errorTypeOf(Object.assign(new Error('failed after 3'), { lastError: cause }))).toBe('rate_limit');
    expect(errorTypeOf(new SyntaxError('bad', { cause }))).toBe('parse');
  });

  it('returns unknown for circular causes', () => {
    const error = new Error('a');
    error.cause = new Error('b', { cause: error });
    expect(errorTypeOf(error)).toBe('unknown');
  });
});

describe('errorClassOf', () => {
  it.each<[string, () => unknown]>([
    ['RateLimitError', () => openai(429)(INSTALLS['an ESM install']!)],
    ['OverloadedError', () => anthropic(529, 'overloaded_error')(INSTALLS['an ESM install']!)],
    ['APIUserAbortError', () => new OpenAI.APIUserAbortError()],
    ['TypeError', refused],
    ['DOMException', () => AbortSignal.abort().reason],
    ['Error', () => new (class extends Error {})('nameless')],
    ['Error', () => Object.create(null)],
    ['string', () => 'boom'],
    ['undefined', () => undefined],
  ])('returns %s', (expected, make) => {
    expect(errorClassOf(make())).toBe(expected);
  });
});

describe('ERROR_DESCRIPTIONS', () => {
  it('has a description for each type', () => {
    for (const [type] of TABLE) expect(ERROR_DESCRIPTIONS[type]).toMatch(/^[A-Z][^\n]+[a-z]$/);
  });
});

function caught(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
