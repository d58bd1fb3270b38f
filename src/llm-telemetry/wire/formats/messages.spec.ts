import type Anthropic from '@anthropic-ai/sdk';
import {
  MESSAGE,
  type Message,
  messageDelta,
  readBody,
  readEvents,
  start,
  STOP,
  text,
  USAGE,
  usageOf,
} from '../../../../test/support/formats/messages.js';
import type { ResponseDraft } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import { NO_COUNTS, type Usage } from '../usage.js';
import { messages } from './messages.js';
import { NO_HEADERS } from '../headers.js';

describe('usage of Anthropic Messages', () => {
  it('is read from the body', () => {
    const response = readBody(MESSAGE);
    expect(response).toMatchObject({
      id: MESSAGE.id,
      model: 'claude-haiku-4-5-20251001',
      complete: true,
      error: null,
    });
    expect(usageOf(response)).toEqual({
      ...NO_COUNTS,
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
      derived: false,
      source: 'provider',
    });
  });

  it('counts code execution unless a web search or fetch makes it free', () => {
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
      ...NO_COUNTS,
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
      derived: false,
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
      derived: false,
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
    ['text', { input_tokens: 'few', output_tokens: '6.5' }],
    ['not a number', { input_tokens: Number.NaN, output_tokens: Number.NaN }],
    ['nulls', { input_tokens: null, output_tokens: null, cache_read_input_tokens: null }],
    // Their sum would not be finite.
    [
      'too large to be counts',
      { input_tokens: 1.7e308, cache_read_input_tokens: 1.7e308, output_tokens: 1e21 },
    ],
  ])('is estimated from the request and the response if it is %s', (_, usage) => {
    const response = readBody({ ...MESSAGE, usage });
    // “Hello!” is 6 bytes.
    expect(usageOf(response, 40)).toMatchObject({ inputTokens: 10, outputTokens: 2, source: 'estimated' });
    expect(usageOf(response)).toMatchObject({ outputTokens: 0, source: 'missing' });
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
    // Not in the SDK's types, but still used by older models and SDKs.
    const request = {
      ...typed,
      temperature: 0.2,
      top_p: 0.9,
      top_k: 40,
    };
    expect(messages.accepts(new Set(Object.keys(request)), '')).toBe(true);
    expect(messages.readRequest(request, '/v1/messages', NO_HEADERS)).toEqual({
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
  it.each<[Anthropic.ErrorType, string, NonNullable<ResponseDraft['error']>['hint']]>([
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
    for (const response of [ofBody, ofEvent]) {
      expect(response).toMatchObject({ error: { code: null, type, hint }, complete: false, finish: null });
      expect(JSON.stringify(response)).not.toContain(message);
    }
    expect(usageOf(ofEvent)).toMatchObject({ inputTokens: 12, outputTokens: 1, source: 'estimated' });
  });

  it('is recorded even if it has no details', () => {
    const nothing = { code: null, type: null, hint: null };
    expect(readBody({ type: 'error' }).error).toEqual(nothing);
    expect(readEvents([{ type: 'error', error: 'Overloaded' }]).error).toEqual(nothing);
  });
});

describe('the input of a stream of Anthropic Messages', () => {
  const zeros = { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };

  it.each<[string, object, object]>([
    ['remains if a proxy repeats it as zeros', zeros, { inputTokens: 12, outputTokens: 9 }],
    [
      'is replaced by cumulative counts',
      { ...zeros, cache_read_input_tokens: 5 },
      { inputTokens: 5, cachedInputTokens: 5 },
    ],
  ])('%s', (_, counts, expected) => {
    const delta = { type: 'message_delta', delta: {}, usage: { ...counts, output_tokens: 9 } };
    expect(usageOf(readEvents([start(), text('x'), delta, STOP]))).toMatchObject(expected);
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
