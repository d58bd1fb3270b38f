import type Anthropic from '@anthropic-ai/sdk';
import { emptyAnswer, type Answer } from '../answer.js';
import type { JsonObject } from '../json/json-value.js';
import { countsToUsage, toUsage } from '../to-usage.js';
import type { Usage } from '../usage.js';
import { messages } from './messages.js';

type Message = Anthropic.Messages.Message;
type Event = Anthropic.Messages.RawMessageStreamEvent;
type Delta = Anthropic.Messages.RawContentBlockDeltaEvent['delta'];
type DeltaUsage = Anthropic.Messages.MessageDeltaUsage;

// Shapes: types of @anthropic-ai/sdk 1 (`resources/messages`), values as in the API reference, “Messages”,
// “Streaming Messages” and “Prompt caching”.
const USAGE: Message['usage'] = {
  input_tokens: 12,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  output_tokens: 6,
  output_tokens_details: null,
  server_tool_use: null,
  service_tier: 'standard',
  inference_geo: null,
  speed: null,
};

const MESSAGE: Message = {
  id: 'msg_013Zva2CMHLNnXjNJJKqJ2EF',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5-20251001',
  content: [{ type: 'text', text: 'Hello!', citations: null }],
  container: null,
  stop_reason: 'end_turn',
  stop_sequence: null,
  stop_details: null,
  diagnostics: null,
  usage: USAGE,
};

function start(usage: Partial<Message['usage']> = {}): Event {
  return {
    type: 'message_start',
    message: { ...MESSAGE, content: [], stop_reason: null, usage: { ...USAGE, output_tokens: 1, ...usage } },
  };
}

function delta(content: Delta): Event {
  return { type: 'content_block_delta', index: 0, delta: content };
}

function text(content: string): Event {
  return delta({ type: 'text_delta', text: content });
}

function messageDelta(usage: Partial<DeltaUsage>, stopReason: Message['stop_reason'] = 'end_turn'): Event {
  return {
    type: 'message_delta',
    delta: { container: null, stop_reason: stopReason, stop_sequence: null, stop_details: null },
    usage: {
      input_tokens: null,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
      output_tokens: 6,
      output_tokens_details: null,
      server_tool_use: null,
      ...usage,
    },
  };
}

const STOP: Event = { type: 'message_stop' };

function readBody(body: unknown): Answer {
  const answer = emptyAnswer();
  messages.readResponse(body as JsonObject, answer);
  return answer;
}

function readEvents(events: readonly unknown[]): Answer {
  const answer = emptyAnswer();
  for (const event of events)
    messages.readEvent(typeof event === 'string' ? event : JSON.stringify(event), answer);
  return answer;
}

function usageOf(answer: Answer, inputBytes: number | null = null): Usage {
  return toUsage(answer, true, () => inputBytes);
}

describe('usage of Anthropic Messages', () => {
  it('is read from the body', () => {
    const answer = readBody(MESSAGE);
    expect(answer).toMatchObject({
      id: MESSAGE.id,
      model: 'claude-haiku-4-5-20251001',
      complete: true,
      error: null,
    });
    expect(usageOf(answer)).toEqual({
      inputTokens: 12,
      cachedInputTokens: 0,
      cacheWriteTokens5m: 0,
      cacheWriteTokens1h: 0,
      cacheWriteTokens12h: 0,
      audioInputTokens: 0,
      imageInputTokens: 0,
      outputTokens: 6,
      reasoningTokens: 0,
      audioOutputTokens: 0,
      imageOutputTokens: 0,
      audioSeconds: 0,
      webSearchRequests: 0,
      toolUses: {},
      serviceTier: 'standard',
      speed: null,
      geo: null,
      clamped: false,
      source: 'provider',
    });
  });

  it('counts code execution, unless a web search or fetch makes it free', () => {
    const container = { id: 'container_1', expires_at: '2026-11-24T12:00:00Z', skills: null };
    const toolUses = (message: object): unknown =>
      toUsage(readBody({ ...MESSAGE, ...message }), true, () => null).toolUses;
    expect(toolUses({})).toEqual({});
    expect(toolUses({ container })).toEqual({ code_execution: 1 });
    const fetched = { ...USAGE, server_tool_use: { web_search_requests: 0, web_fetch_requests: 1 } };
    expect(toolUses({ usage: fetched })).toEqual({});
    expect(toolUses({ container, usage: fetched })).toEqual({});

    const delta = messageDelta({}) as { delta: object };
    const streamed = readEvents([
      { type: 'message_start', message: MESSAGE },
      { ...delta, delta: { ...delta.delta, container } },
      STOP,
    ]);
    expect(toUsage(streamed, true, () => null).toolUses).toEqual({ code_execution: 1 });
  });

  it('includes cache tokens in the input and separates cache writes by lifetime', () => {
    const usage: Message['usage'] = {
      ...USAGE,
      input_tokens: 21,
      cache_creation_input_tokens: 556,
      cache_read_input_tokens: 188_086,
      cache_creation: { ephemeral_5m_input_tokens: 456, ephemeral_1h_input_tokens: 100 },
      output_tokens: 393,
      output_tokens_details: { thinking_tokens: 200 },
      server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
      service_tier: 'priority',
      inference_geo: 'us',
      speed: 'fast',
    };
    expect(usageOf(readBody({ ...MESSAGE, usage }))).toEqual({
      inputTokens: 21 + 556 + 188_086,
      cachedInputTokens: 188_086,
      cacheWriteTokens5m: 456,
      cacheWriteTokens1h: 100,
      cacheWriteTokens12h: 0,
      audioInputTokens: 0,
      imageInputTokens: 0,
      outputTokens: 393,
      reasoningTokens: 200,
      audioOutputTokens: 0,
      imageOutputTokens: 0,
      audioSeconds: 0,
      webSearchRequests: 2,
      toolUses: {},
      serviceTier: 'priority',
      speed: 'fast',
      geo: 'us',
      clamped: false,
      source: 'provider',
    });
  });

  it.each<[string, Partial<Message['usage']>, Partial<Usage>]>([
    [
      'the sum alone: five minutes, the default time',
      { cache_creation_input_tokens: 100, cache_creation: null },
      { inputTokens: 112, cacheWriteTokens5m: 100, cacheWriteTokens1h: 0 },
    ],
    [
      'the split alone',
      {
        cache_creation_input_tokens: null,
        cache_creation: { ephemeral_5m_input_tokens: 40, ephemeral_1h_input_tokens: 10 },
      },
      { inputTokens: 62, cacheWriteTokens5m: 40, cacheWriteTokens1h: 10 },
    ],
    [
      'neither',
      { cache_creation_input_tokens: null, cache_creation: null, cache_read_input_tokens: null },
      { inputTokens: 12, cachedInputTokens: 0, cacheWriteTokens5m: 0, cacheWriteTokens1h: 0 },
    ],
  ])('reads cache writes from %s', (_, counts, expected) => {
    expect(usageOf(readBody({ ...MESSAGE, usage: { ...USAGE, ...counts } }))).toMatchObject({
      ...expected,
      clamped: false,
    });
  });

  it.each<[string, object, Partial<Usage>]>([
    ['a negative input', { input_tokens: -4 }, { inputTokens: 0 }],
    ['a negative output', { output_tokens: -1 }, { outputTokens: 0 }],
    ['negative cache reads', { cache_read_input_tokens: -5 }, { cachedInputTokens: 0 }],
    ['negative cache writes', { cache_creation_input_tokens: -5 }, { cacheWriteTokens5m: 0 }],
    [
      'more writes for an hour than writes',
      {
        cache_creation_input_tokens: 100,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 300 },
      },
      { inputTokens: 112, cacheWriteTokens5m: 0, cacheWriteTokens1h: 112 },
    ],
    ['more thinking than output', { output_tokens_details: { thinking_tokens: 50 } }, { reasoningTokens: 6 }],
    ['negative searches', { server_tool_use: { web_search_requests: -1 } }, { webSearchRequests: 0 }],
  ])('is clamped and flagged with %s', (_, counts, expected) => {
    const usage = usageOf(readBody({ ...MESSAGE, usage: { ...USAGE, ...counts } }));
    expect(usage).toMatchObject({ ...expected, clamped: true, source: 'provider' });
    const parts = usage.cachedInputTokens! + usage.cacheWriteTokens5m + usage.cacheWriteTokens1h;
    expect(parts).toBeLessThanOrEqual(usage.inputTokens);
  });

  it.each<[string, unknown]>([
    ['absent', undefined],
    ['null', null],
    ['empty', {}],
    ['text', { input_tokens: '12', output_tokens: '6' }],
    ['not a number', { input_tokens: Number.NaN, output_tokens: Number.NaN }],
    ['nulls', { input_tokens: null, output_tokens: null, cache_read_input_tokens: null }],
    // Their sum would be infinite.
    [
      'too large to be counts',
      { input_tokens: 1.7e308, cache_read_input_tokens: 1.7e308, output_tokens: 1e21 },
    ],
  ])('is estimated from the request and the response if it is %s', (_, usage) => {
    const answer = readBody({ ...MESSAGE, usage });
    // “Hello!” is 6 bytes.
    expect(usageOf(answer, 40)).toMatchObject({ inputTokens: 10, outputTokens: 2, source: 'estimated' });
    expect(usageOf(answer)).toMatchObject({ outputTokens: 0, source: 'missing' });
  });
});

describe('usage of a stream of Anthropic Messages', () => {
  const cached: Partial<Message['usage']> = {
    input_tokens: 3,
    cache_creation_input_tokens: 50,
    cache_read_input_tokens: 200,
    cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 20 },
    service_tier: 'priority',
    inference_geo: 'us',
    speed: 'fast',
  };
  const ofStart: Partial<Usage> = {
    inputTokens: 253,
    cachedInputTokens: 200,
    cacheWriteTokens5m: 30,
    cacheWriteTokens1h: 20,
    serviceTier: 'priority',
    geo: 'us',
    speed: 'fast',
    clamped: false,
  };

  it('keeps counts of message_start if message_delta has null', () => {
    const answer = readEvents([start(cached), text('Hi'), messageDelta({ output_tokens: 15 }), STOP]);
    expect(answer).toMatchObject({ id: MESSAGE.id, model: MESSAGE.model, finish: 'stop', complete: true });
    expect(usageOf(answer)).toMatchObject({ ...ofStart, outputTokens: 15, source: 'provider' });
  });

  it('keeps counts of message_start if message_delta omits them', () => {
    // As older versions of the API, and most proxies, send it.
    const old = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 15 } };
    expect(usageOf(readEvents([start(cached), text('Hi'), old, STOP]))).toMatchObject({
      ...ofStart,
      outputTokens: 15,
    });
  });

  it('prefers the cumulative counts of message_delta to those of message_start', () => {
    // With server tools, the input grows during the response (“Streaming Messages”, web search).
    const end = messageDelta({
      input_tokens: 10_000,
      cache_creation_input_tokens: 80,
      cache_read_input_tokens: 400,
      output_tokens: 510,
      output_tokens_details: { thinking_tokens: 44 },
      server_tool_use: { web_search_requests: 3, web_fetch_requests: 0 },
    });
    expect(usageOf(readEvents([start(cached), text('Hi'), end, STOP]))).toMatchObject({
      inputTokens: 10_480,
      cachedInputTokens: 400,
      cacheWriteTokens5m: 60,
      cacheWriteTokens1h: 20,
      outputTokens: 510,
      reasoningTokens: 44,
      webSearchRequests: 3,
      toolUses: {},
      serviceTier: 'priority',
      clamped: false,
    });
  });

  it('takes the last of several message_delta events, not their sum', () => {
    const answer = readEvents([
      start(),
      text('Hi'),
      messageDelta({ output_tokens: 5 }, null),
      messageDelta({ output_tokens: 9, cache_read_input_tokens: 30 }),
      messageDelta({ output_tokens: 9 }),
      STOP,
    ]);
    expect(usageOf(answer)).toMatchObject({
      inputTokens: 42,
      cachedInputTokens: 30,
      outputTokens: 9,
      clamped: false,
    });
  });

  it('ignores the placeholder output count of message_start', () => {
    const left = readEvents([
      start({ ...cached, output_tokens: 4 }),
      text('“Wörter”'),
      text(' and more words'),
    ]);
    expect(left).toMatchObject({ complete: false, finish: null, outputChunks: 2 });
    // 13 and 15 bytes
    expect(usageOf(left)).toMatchObject({ ...ofStart, outputTokens: 7, source: 'estimated' });
  });

  it('is estimated from text, thinking and tool input, not from signatures', () => {
    const answer = readEvents([
      start(),
      delta({ type: 'thinking_delta', thinking: 'Hm, so ' }),
      delta({ type: 'thinking_delta', thinking: 'it is.' }),
      delta({ type: 'signature_delta', signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3h' }),
      text('Done'),
      delta({ type: 'input_json_delta', partial_json: '{a' }),
      delta({ type: 'input_json_delta', partial_json: '' }),
    ]);
    expect(answer.outputBytes).toBe(7 + 6 + 4 + 2);
  });

  it('has no first token in message_start, ping or an empty delta', () => {
    const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
    const answer = readEvents([start(), block, '{"type": "ping"}', text('')]);
    expect(answer).toMatchObject({ outputChunks: 0, outputBytes: 0 });
  });

  it('is the same if the JSON contains spaces', () => {
    const events = [start(cached), text('a'), text('b “c”'), messageDelta({ output_tokens: 15 }), STOP];
    const spaced = events.map((event) => JSON.stringify(event, null, 1).replaceAll(/\n\s*/g, ' '));
    expect(readEvents(spaced)).toEqual(readEvents(events));
  });
});

describe('a response of several models (beta)', () => {
  type BetaUsage = Anthropic.Beta.Messages.BetaUsage;
  type Iteration = Anthropic.Beta.Messages.BetaIterationsUsage[number];

  const step = (counts: Partial<Iteration>): Omit<Iteration, 'type' | 'model'> => ({
    input_tokens: 0,
    output_tokens: 0,
    cache_creation: null,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    ...counts,
  });

  // Documentation, “Compaction”, “Advisor”, “Refusals and fallback”; types of @anthropic-ai/sdk 1 (`BetaUsage`): the
  // top-level counts exclude compaction and advisor steps.
  const ITERATIONS: Anthropic.Beta.Messages.BetaIterationsUsage = [
    { type: 'compaction', ...step({ input_tokens: 180_000, output_tokens: 3500 }) },
    {
      type: 'message',
      model: 'claude-haiku-4-5-20251001',
      ...step({
        input_tokens: 20,
        output_tokens: 40,
        cache_read_input_tokens: 1000,
        cache_creation_input_tokens: 300,
        cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
      }),
    },
    {
      type: 'advisor_message',
      model: 'claude-opus-4-6',
      ...step({ input_tokens: 900, output_tokens: 500 }),
    },
    {
      type: 'fallback_message',
      model: 'claude-sonnet-4-5-20250929',
      ...step({ input_tokens: 25, output_tokens: 60 }),
    },
  ];

  const USAGE_OF_ALL: BetaUsage = {
    ...USAGE,
    input_tokens: 45,
    cache_read_input_tokens: 1000,
    cache_creation_input_tokens: 300,
    output_tokens: 100,
    output_tokens_details: { thinking_tokens: 30 },
    server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
    service_tier: 'standard',
    inference_geo: 'us',
    iterations: ITERATIONS,
    fallback_credit: null,
  };

  const whole = {
    inputTokens: 180_000 + 1320 + 900 + 25,
    cachedInputTokens: 1000,
    cacheWriteTokens5m: 200,
    cacheWriteTokens1h: 100,
    outputTokens: 3500 + 40 + 500 + 60,
    reasoningTokens: 30,
    webSearchRequests: 2,
    geo: 'us',
    clamped: false,
    source: 'provider',
  };

  const parts = [
    [null, { inputTokens: 180_000, outputTokens: 3500, webSearchRequests: 2, geo: 'us' }],
    [
      'claude-haiku-4-5-20251001',
      {
        inputTokens: 1320,
        cachedInputTokens: 1000,
        cacheWriteTokens5m: 200,
        cacheWriteTokens1h: 100,
        outputTokens: 40,
        webSearchRequests: 0,
        geo: 'us',
      },
    ],
    ['claude-opus-4-6', { inputTokens: 900, outputTokens: 500, geo: 'us' }],
    ['claude-sonnet-4-5-20250929', { inputTokens: 25, outputTokens: 60, geo: 'us' }],
  ];

  const partsOf = (answer: Answer): unknown =>
    answer.iterations!.map(({ model, usage }) => [model, countsToUsage(usage)]);

  it('contains the tokens of all steps by model', () => {
    const answer = readBody({ ...MESSAGE, usage: USAGE_OF_ALL });
    expect(usageOf(answer)).toMatchObject(whole);
    expect(partsOf(answer)).toMatchObject(parts);
  });

  it('contains the steps of a stream', () => {
    const { iterations, output_tokens, output_tokens_details, server_tool_use } = USAGE_OF_ALL;
    const end = messageDelta({
      output_tokens,
      output_tokens_details,
      server_tool_use,
      ...({ iterations } as object),
    });
    const answer = readEvents([start({ input_tokens: 45, inference_geo: 'us' }), text('Hi'), end, STOP]);
    expect(usageOf(answer)).toMatchObject(whole);
    expect(partsOf(answer)).toMatchObject(parts);
  });

  it.each([null, undefined, [], [{}], [null]])(
    'is that of one model if the iterations are %j',
    (iterations) => {
      const answer = readBody({ ...MESSAGE, usage: { ...USAGE, iterations } });
      expect(answer.iterations).toBeNull();
      expect(usageOf(answer)).toMatchObject({ inputTokens: 12, outputTokens: 6 });
    },
  );

  it('counts unexpected steps as empty', () => {
    const iterations = [null, 'x', { type: 'message', input_tokens: '9' }, ITERATIONS[3]];
    const answer = readBody({ ...MESSAGE, usage: { ...USAGE, iterations } });
    expect(usageOf(answer)).toMatchObject({ inputTokens: 25, outputTokens: 60, source: 'provider' });
    expect(answer.iterations).toHaveLength(4);
  });
});

describe('output size of blocks that are not text', () => {
  type BetaBlock = Anthropic.Beta.Messages.BetaContentBlock;

  // API reference, “Messages”, and documentation of extended thinking and of the tools that run at the provider.
  const THINKING: BetaBlock = {
    type: 'thinking',
    thinking: 'Hm, so ',
    signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3h',
  };
  const REDACTED: BetaBlock = { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix' };
  const SEARCH: BetaBlock = {
    type: 'server_tool_use',
    id: 'srvtoolu_01WYG3ziw53XMcoyKL4XcZmE',
    name: 'web_search',
    input: { query: 'sea' },
    caller: { type: 'direct' },
  };
  const FOUND: BetaBlock = {
    type: 'web_search_tool_result',
    tool_use_id: SEARCH.id,
    caller: { type: 'direct' },
    content: [
      {
        type: 'web_search_result',
        title: 'An example',
        url: 'https://example.com/',
        page_age: null,
        encrypted_content: 'RXhhbXBsZQ==',
      },
    ],
  };
  const CITED: BetaBlock = {
    type: 'text',
    text: 'Salt.',
    citations: [
      {
        type: 'web_search_result_location',
        title: 'An example',
        url: 'https://example.com/',
        cited_text: 'This domain is for use in examples.',
        encrypted_index: 'RXhhbXBsZQ==',
      },
    ],
  };
  const CALL: BetaBlock = {
    type: 'tool_use',
    id: 'toolu_01D7FLrfh4GYq7yT1ULFeyMV',
    name: 'weather',
    input: { city: 'Lyon' },
    caller: { type: 'direct' },
  };

  it.each<[string, BetaBlock[], number]>([
    ['thinking without its signature', [THINKING], 7],
    ['no redacted thinking', [REDACTED], 0],
    ['the query of a web search without its results', [SEARCH, FOUND], 3],
    ['text without its citations', [CITED], 5],
    ['arguments of a tool call', [CALL], 4],
    ['all of them', [THINKING, SEARCH, FOUND, CITED, CALL], 7 + 3 + 5 + 4],
  ])('includes %s', (_, content, bytes) => {
    expect(readBody({ ...MESSAGE, usage: undefined, content }).outputBytes).toBe(bytes);
  });

  it('excludes citation deltas', () => {
    const [citation] = (CITED as Anthropic.Beta.Messages.BetaTextBlock).citations!;
    const cited = { type: 'citations_delta', citation } as Delta;
    const before = [start(), text('Salt.')];
    expect(readEvents([...before, delta(cited)]).outputBytes).toBe(5);
    // Does not count as the first token either.
    expect(readEvents([start(), delta(cited)])).toMatchObject({ outputChunks: 0, outputBytes: 0 });
  });
});

describe('a request of Anthropic Messages', () => {
  it('contains the parameters', () => {
    const typed: Anthropic.Messages.MessageCreateParamsStreaming = {
      model: 'claude-haiku-4-5',
      max_tokens: 100,
      messages: [],
      stream: true,
      stop_sequences: ['END'],
      service_tier: 'standard_only',
    };
    // Removed from the SDK's types, but still used by older models and SDKs.
    const request = {
      ...typed,
      temperature: 0.2,
      top_p: 0.9,
      top_k: 40,
    };
    expect(messages.accepts(new Set(Object.keys(request)))).toBe(true);
    expect(messages.readRequest(request, '/v1/messages')).toEqual({
      model: 'claude-haiku-4-5',
      stream: true,
      maxTokens: 100,
      temperature: 0.2,
      topP: 0.9,
      topK: 40,
      stopSequences: ['END'],
      serviceTier: 'standard_only',
    });
  });

  it.each(['/v1/messages/count_tokens', '/v1/messages/batches', '/v1/messages/batches/msgbatch_1/results'])(
    'does not match %s',
    (path) => {
      expect(messages.matches(path)).toBe(false);
    },
  );
});

describe('stop reason of Anthropic Messages', () => {
  it.each<[string, string]>([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'context_window'],
    ['tool_use', 'tool_calls'],
    ['refusal', 'refusal'],
    ['pause_turn', 'paused'],
    ['compaction', 'paused'],
    // Unknown reasons are not normalized.
    ['bored', 'bored'],
  ])('%s is normalized to %s', (reason, finish) => {
    expect(readBody({ ...MESSAGE, stop_reason: reason })).toMatchObject({ finish, finishReasons: [reason] });
    const events = [start(), text('x'), messageDelta({}, reason as Message['stop_reason']), STOP];
    expect(readEvents(events)).toMatchObject({ finish, finishReasons: [reason], complete: true });
  });

  it.each([null, undefined, '', 3])('is absent for %j', (reason) => {
    expect(readBody({ ...MESSAGE, stop_reason: reason })).toMatchObject({ finish: null, finishReasons: [] });
  });
});

describe('an error of Anthropic Messages', () => {
  const error = (type: Anthropic.ErrorType, message: string): Anthropic.ErrorResponse => ({
    type: 'error',
    error: { type, message } as Anthropic.ErrorResponse['error'],
    request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy',
  });

  // API reference, “Errors” and “Streaming Messages”, error events.
  it.each<[Anthropic.ErrorType, string, NonNullable<Answer['error']>['hint']]>([
    ['overloaded_error', 'Overloaded', null],
    ['api_error', 'Internal server error', null],
    [
      'invalid_request_error',
      'prompt is too long: 210000 tokens > 200000 maximum',
      'context_window_exceeded',
    ],
    [
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API.',
      'quota_exhausted',
    ],
  ])('%s “%s” is read from a body and from an event without retaining its text', (type, message, hint) => {
    const ofBody = readBody(error(type, message));
    const ofEvent = readEvents([start(), text('x'), error(type, message)]);
    for (const answer of [ofBody, ofEvent]) {
      expect(answer).toMatchObject({ error: { code: null, type, hint }, complete: false, finish: null });
      expect(JSON.stringify(answer)).not.toContain(message);
    }
    expect(usageOf(ofEvent)).toMatchObject({ inputTokens: 12, outputTokens: 1, source: 'estimated' });
  });

  it('is recorded if it has no details', () => {
    const nothing = { code: null, type: null, hint: null };
    expect(readBody({ type: 'error' }).error).toEqual(nothing);
    expect(readEvents([{ type: 'error', error: 'Overloaded' }]).error).toEqual(nothing);
  });
});

describe('events that are not of Anthropic Messages', () => {
  it.each([
    '',
    'null',
    '[]',
    '"x"',
    '{"cut',
    '{}',
    '{"type":"ping"}',
    '{"type":"new_event","usage":{"output_tokens":9}}',
    '{"type":"message_start"}',
    '{"type":"message_delta"}',
    '{"type":"message_delta","delta":null,"usage":[]}',
    '{"type":"content_block_stop","index":0}',
  ])('are ignored: %j', (data) => {
    const before = [start(), text('x')];
    expect(readEvents([...before, data])).toEqual(readEvents(before));
  });
});
