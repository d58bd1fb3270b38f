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
  'a plain answer': { expected: well(ANSWERED) },
  'a plain answer, awaited twice': { expected: well(ANSWERED) },
  'an answer with its response': { expected: well(ANSWERED) },
  'an answer as its response': { expected: well(ANSWERED) },
  'an answer of a client with other options': { expected: well(ANSWERED) },
  'five answers at once': { expected: well(ANSWERED, ANSWERED, ANSWERED, ANSWERED, ANSWERED) },
  'structured output': { expected: { ...well(ANSWERED), result: { city: 'example', degrees: 1 } } },
  'a tool call': { expected: { ...well(ended(ANSWERED, 'tool_calls')), result: { city: 'example' } } },
  'tools that are run': {
    expected: {
      ...well(ended(ANSWERED, 'tool_calls'), ANSWERED),
      result: expect.stringContaining('Here is'),
    },
  },

  'a stream': { expected: well(STREAMED) },
  'a stream without usage': { expected: well({ ...STREAMED, usage: 'estimated' }) },
  'a stream with its response': { expected: well(STREAMED) },
  'a streaming helper': { expected: well(STREAMED) },
  'a structured stream': { expected: { ...well(STREAMED), result: { city: 'example', degrees: 1 } } },
  'a streamed tool call': {
    expected: { ...well(ended(STREAMED, 'tool_calls')), result: { city: 'example' } },
  },
  'tools that are run, streamed': {
    expected: {
      ...well(ended(STREAMED, 'tool_calls'), STREAMED),
      result: expect.stringContaining('Here is'),
    },
  },
  'both branches of a stream': { expected: well(STREAMED) },
  'a stream as a web stream': { expected: well(STREAMED) },

  'an answer that is aborted': {
    faults: [{ kind: 'stall' }],
    expected: fails('aborted', ended(refused('aborted'), 'cancelled')),
  },
  'a stream that is aborted': { faults: [ENDLESS], expected: well({ ...LEFT, failure: 'aborted' }) },
  'a streaming helper that is aborted': {
    faults: [ENDLESS],
    expected: fails('aborted', { ...LEFT, failure: 'aborted' }),
  },
  'a stream that is left by break': { faults: [ENDLESS], expected: well(LEFT) },
  'a stream that is cancelled': { faults: [ENDLESS], expected: well(LEFT) },
  'a response that is never read': {
    flush: true,
    expected: well({ ...ANSWERED, finish: 'unread', usage: 'missing' }),
  },
  'a stream that is never read': {
    flush: true,
    expected: well({ ...ANSWERED, finish: 'unread', usage: 'missing' }),
  },
} satisfies Record<string, Scenario>;

/** Courses that a request can take, the same for every SDK except for its `exceptions`. */
export const COURSES = {
  // Finish reasons other than `stop`.
  'an answer that is truncated': {
    ask: 'a plain answer',
    faults: [{ kind: 'truncate' }],
    expected: well(ended(ANSWERED, 'length')),
  },
  'a stream that is truncated': {
    ask: 'a stream',
    faults: [{ kind: 'truncate' }],
    expected: well(ended(STREAMED, 'length')),
  },
  'an answer that is filtered': {
    ask: 'a plain answer',
    faults: [{ kind: 'filter' }],
    // Anthropic has no content filter: it refuses.
    expected: (api) =>
      api === 'messages'
        ? well(ended(ANSWERED, 'refusal'))
        : {
            ...well({ ...ANSWERED, finish: 'content_filter', failure: 'content_filter' }),
            failure: 'content_filter',
          },
  },
  'an answer that is refused': {
    ask: 'a plain answer',
    faults: [{ kind: 'refuse' }],
    expected: well(ended(ANSWERED, 'refusal')),
  },
  'a stream that is refused': {
    ask: 'a stream',
    faults: [{ kind: 'refuse' }],
    expected: well(ended(STREAMED, 'refusal')),
  },
  'an answer that is paused': {
    ask: 'a plain answer',
    faults: [{ kind: 'pause' }],
    expected: (api) =>
      api === 'messages'
        ? well(ended(ANSWERED, 'paused'))
        : { notApplicable: 'OpenAI does not pause while it is waited for' },
  },
  'an answer that says that it failed': {
    ask: 'a plain answer',
    faults: [{ kind: 'failed' }],
    expected: failedResponse({ ...refused('server_error'), finish: 'error' }),
  },
  'a stream that says that it failed': {
    ask: 'a stream',
    faults: [{ kind: 'failed' }],
    expected: failedResponse({ ...refused('server_error'), finish: 'error' }),
  },
  'structured output that is truncated': {
    ask: 'structured output',
    faults: [{ kind: 'truncate', afterTokens: 3 }],
    expected: fails('parse', ended(ANSWERED, 'length')),
  },
  'structured output that is no JSON': {
    ask: 'structured output',
    faults: [{ kind: 'invalid_json' }],
    expected: fails('parse', ANSWERED),
  },

  // Retries by the SDK, and errors.
  'an answer after a retry': {
    ask: 'a plain answer',
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
  'a rate limit to the end': {
    ask: 'a plain answer',
    faults: [{ ...RATE_LIMIT, times: 2 }],
    maxRetries: 1,
    expected: fails('rate_limit', refused('rate_limit'), again(refused('rate_limit'))),
  },
  'an error that is caught': {
    ask: 'a plain answer',
    as: withFallback,
    faults: [RATE_LIMIT],
    expected: { ...well(refused('rate_limit')), result: 'a fallback' },
  },
  'a quota that is exhausted': refusal('quota'),
  'a provider that is overloaded': refusal('overloaded'),
  'a provider that fails': refusal('server_error'),
  'a gateway that answers with a page': refusal('html'),
  'a request that is wrong': refusal('bad_request'),
  'a request that is too large': refusal('too_large'),
  'a prompt that is too long': refusal('context_length'),
  'a key that is wrong': refusal('auth'),
  'a key that may not': refusal('permission'),
  'a model that does not exist': refusal('not_found'),
  'a connection that breaks': {
    ask: 'a plain answer',
    faults: [{ kind: 'cut' }],
    expected: fails('connection', refused('connection')),
  },
  'a timeout': {
    ask: 'a plain answer',
    faults: [{ kind: 'stall' }],
    // Long enough for the request to arrive on a busy machine.
    timeoutMs: 500,
    expected: fails('timeout', refused('timeout')),
  },
  'an answer that is cut': {
    ask: 'a plain answer',
    faults: [{ kind: 'cut', afterTokens: 5 }],
    expected: fails('stream_cut', { ...refused('stream_cut'), usage: 'estimated' }),
  },
  'a stream that is cut': {
    ask: 'a stream',
    faults: [{ kind: 'cut', afterTokens: 12 }],
    expected: fails('stream_cut', { ...LEFT, finish: null, failure: 'stream_cut' }),
  },
  'a stream with an error in it': {
    ask: 'a stream',
    faults: [{ kind: 'stream_error', afterTokens: 12 }],
    expected: (api) => {
      const failure = api === 'messages' ? 'overloaded' : 'server_error';
      return fails(failure, { ...LEFT, finish: null, failure });
    },
  },

  // Applications that do not wait.
  'an answer that is not awaited': {
    ask: 'a plain answer',
    as: forgotten,
    sentAfterwards: true,
    expected: well(ANSWERED),
  },
  'an answer that is not awaited and fails': {
    ask: 'a plain answer',
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
      : { notApplicable: 'only a response of the Responses API can fail and be an answer' };
}

/** Course of a request that the provider refuses. */
function refusal(kind: keyof typeof ERROR_TYPES): Course {
  return {
    ask: 'a plain answer',
    faults: [{ kind }],
    expected: fails(ERROR_TYPES[kind], refused(ERROR_TYPES[kind])),
  };
}
