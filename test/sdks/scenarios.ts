import type { FaultSpec } from 'nestjs-llm-telemetry/testing';
import { again, ANSWERED, ended, fails, LEFT, refused, STREAMED, well, type Expected } from './expected.js';
import { forgotten, withFallback } from './leaving.js';
import type { Api, Conditions, NotApplicable, Sdk, Use } from './sdk.js';

/** Row of the table: the request of the application, the faults of the provider and the expected record. */
export interface Scenario extends Partial<Conditions> {
  readonly expected: Expected | ((api: Api) => Expected | NotApplicable);
}

/** Row that sends the request of another row under other conditions. */
export interface Course extends Scenario {
  readonly ask: Way;
  /** Changes how the application handles the response. */
  readonly as?: (use: Use) => Use;
}

export type Way = keyof typeof WAYS;
export type ScenarioName = Way | keyof typeof COURSES;
export type Column = Sdk<Way, ScenarioName>;

const RATE_LIMIT: FaultSpec = { kind: 'rate_limit', retryAfter: 0 };
const ENDLESS: FaultSpec = { kind: 'stall', afterTokens: 12 };

const ERROR_TYPES = {
  quota: 'quota_exhausted',
  overloaded: 'overloaded',
  server_error: 'server_error',
  html: 'server_error',
  bad_request: 'bad_request',
  too_large: 'request_too_large',
  context_length: 'context_window_exceeded',
  auth: 'auth',
  permission: 'permission',
  not_found: 'not_found',
} as const;

/** Ways to request a response. Each SDK implements them. */
export const WAYS = {
  'a plain response': { expected: well(ANSWERED) },
  'a plain response, awaited twice': { expected: well(ANSWERED) },
  'a response by withResponse()': { expected: well(ANSWERED) },
  'a response by asResponse()': { expected: well(ANSWERED) },
  'a response of a client with other options': { expected: well(ANSWERED) },
  'five concurrent responses': { expected: well(ANSWERED, ANSWERED, ANSWERED, ANSWERED, ANSWERED) },
  'structured output': { expected: { ...well(ANSWERED), result: { city: 'example', degrees: 1 } } },
  'a tool call': { expected: { ...well(ended(ANSWERED, 'tool_calls')), result: { city: 'example' } } },
  'tools run by the SDK': {
    expected: {
      ...well(ended(ANSWERED, 'tool_calls'), ANSWERED),
      result: expect.stringContaining('Here is'),
    },
  },

  'a stream': { expected: well(STREAMED) },
  'a stream without usage': { expected: well({ ...STREAMED, usage: 'estimated' }) },
  'a stream by withResponse()': { expected: well(STREAMED) },
  'a streaming helper': { expected: well(STREAMED) },
  'a structured stream': { expected: { ...well(STREAMED), result: { city: 'example', degrees: 1 } } },
  'a streamed tool call': {
    expected: { ...well(ended(STREAMED, 'tool_calls')), result: { city: 'example' } },
  },
  'tools run by the SDK, streamed': {
    expected: {
      ...well(ended(STREAMED, 'tool_calls'), STREAMED),
      result: expect.stringContaining('Here is'),
    },
  },
  'both branches of a stream': { expected: well(STREAMED) },
  'a stream as a web stream': { expected: well(STREAMED) },

  'an aborted response': {
    faults: [{ kind: 'stall' }],
    expected: fails('aborted', ended(refused('aborted'), 'cancelled')),
  },
  'an aborted stream': { faults: [ENDLESS], expected: well({ ...LEFT, failure: 'aborted' }) },
  'an aborted streaming helper': {
    faults: [ENDLESS],
    expected: fails('aborted', { ...LEFT, failure: 'aborted' }),
  },
  'a stream left by break': { faults: [ENDLESS], expected: well(LEFT) },
  'a cancelled stream': { faults: [ENDLESS], expected: well(LEFT) },
  'an unread response': {
    flush: true,
    expected: well({ ...ANSWERED, finish: 'unread', usage: 'missing' }),
  },
  'an unread stream': {
    flush: true,
    expected: well({ ...ANSWERED, finish: 'unread', usage: 'missing' }),
  },
} satisfies Record<string, Scenario>;

/** Rows that send the request of another row, with faults. The same for every SDK except for its `exceptions`. */
export const COURSES = {
  // Finish reasons other than `stop`.
  'a truncated response': {
    ask: 'a plain response',
    faults: [{ kind: 'truncate' }],
    expected: well(ended(ANSWERED, 'length')),
  },
  'a truncated stream': {
    ask: 'a stream',
    faults: [{ kind: 'truncate' }],
    expected: well(ended(STREAMED, 'length')),
  },
  'a filtered response': {
    ask: 'a plain response',
    faults: [{ kind: 'filter' }],
    // Anthropic has no content filter and sends a refusal instead.
    expected: (api) =>
      api === 'messages'
        ? well(ended(ANSWERED, 'refusal'))
        : {
            ...well({ ...ANSWERED, finish: 'content_filter', failure: 'content_filter' }),
            failure: 'content_filter',
          },
  },
  'a refusal': {
    ask: 'a plain response',
    faults: [{ kind: 'refuse' }],
    expected: well(ended(ANSWERED, 'refusal')),
  },
  'a streamed refusal': {
    ask: 'a stream',
    faults: [{ kind: 'refuse' }],
    expected: well(ended(STREAMED, 'refusal')),
  },
  'a paused response': {
    ask: 'a plain response',
    faults: [{ kind: 'pause' }],
    expected: (api) =>
      api === 'messages'
        ? well(ended(ANSWERED, 'paused'))
        : { notApplicable: 'OpenAI does not pause foreground responses' },
  },
  'a response with the status failed': {
    ask: 'a plain response',
    faults: [{ kind: 'failed' }],
    expected: failedResponse({ ...refused('server_error'), finish: 'error' }),
  },
  'a stream with the status failed': {
    ask: 'a stream',
    faults: [{ kind: 'failed' }],
    expected: failedResponse({ ...refused('server_error'), finish: 'error' }),
  },
  'truncated structured output': {
    ask: 'structured output',
    faults: [{ kind: 'truncate', afterTokens: 3 }],
    expected: fails('parse', ended(ANSWERED, 'length')),
  },
  'structured output with invalid JSON': {
    ask: 'structured output',
    faults: [{ kind: 'invalid_json' }],
    expected: fails('parse', ANSWERED),
  },

  // Retries by the SDK, and errors.
  'a response after a retry': {
    ask: 'a plain response',
    faults: [RATE_LIMIT],
    maxRetries: 1,
    expected: well(refused('rate_limit'), again(ANSWERED)),
  },
  'a stream after a retry': {
    ask: 'a stream',
    faults: [RATE_LIMIT],
    maxRetries: 1,
    expected: well(refused('rate_limit'), again(STREAMED)),
  },
  'a rate limit after the last retry': {
    ask: 'a plain response',
    faults: [{ ...RATE_LIMIT, times: 2 }],
    maxRetries: 1,
    expected: fails('rate_limit', refused('rate_limit'), again(refused('rate_limit'))),
  },
  'a caught error': {
    ask: 'a plain response',
    as: withFallback,
    faults: [RATE_LIMIT],
    expected: { ...well(refused('rate_limit')), result: 'a fallback' },
  },
  'an exhausted quota': rejection('quota'),
  'an overloaded provider': rejection('overloaded'),
  'a server error': rejection('server_error'),
  'an HTML error page of a gateway': rejection('html'),
  'an invalid request': rejection('bad_request'),
  'a request that is too large': rejection('too_large'),
  'a prompt that is too long': rejection('context_length'),
  'an invalid API key': rejection('auth'),
  'an API key without permission': rejection('permission'),
  'an unknown model': rejection('not_found'),
  'a broken connection': {
    ask: 'a plain response',
    faults: [{ kind: 'cut' }],
    expected: fails('connection', refused('connection')),
  },
  'a timeout': {
    ask: 'a plain response',
    faults: [{ kind: 'stall' }],
    // Long enough for the request to arrive on a busy machine.
    timeoutMs: 500,
    expected: fails('timeout', refused('timeout')),
  },
  'a cut response': {
    ask: 'a plain response',
    faults: [{ kind: 'cut', afterTokens: 5 }],
    expected: fails('stream_cut', { ...refused('stream_cut'), usage: 'estimated' }),
  },
  'a cut stream': {
    ask: 'a stream',
    faults: [{ kind: 'cut', afterTokens: 12 }],
    expected: fails('stream_cut', { ...LEFT, finish: null, failure: 'stream_cut' }),
  },
  'a stream with an error event': {
    ask: 'a stream',
    faults: [{ kind: 'stream_error', afterTokens: 12 }],
    expected: (api) => {
      const failure = api === 'messages' ? 'overloaded' : 'server_error';
      return fails(failure, { ...LEFT, finish: null, failure });
    },
  },

  // Applications that do not await the response.
  'a response that is not awaited': {
    ask: 'a plain response',
    as: forgotten,
    sentAfterwards: true,
    expected: well(ANSWERED),
  },
  'a failed response that is not awaited': {
    ask: 'a plain response',
    as: forgotten,
    faults: [{ kind: 'auth' }],
    sentAfterwards: true,
    // The application does not see the error during the call.
    expected: { ...fails('auth', refused('auth')), throws: false },
  },
} satisfies Record<string, Course>;

function failedResponse(attempt: ReturnType<typeof refused>): (api: Api) => Expected | NotApplicable {
  return (api) =>
    api === 'responses'
      ? { ...well(attempt), failure: 'server_error' }
      : { notApplicable: 'only responses of the Responses API have a status' };
}

/** Row for a request that the provider rejects. */
function rejection(kind: keyof typeof ERROR_TYPES): Course {
  return {
    ask: 'a plain response',
    faults: [{ kind }],
    expected: fails(ERROR_TYPES[kind], refused(ERROR_TYPES[kind])),
  };
}
