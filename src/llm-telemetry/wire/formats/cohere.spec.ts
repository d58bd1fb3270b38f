import type { ContentReader } from '../content/content.js';
import { NO_HEADERS } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import { cohereChat, cohereChatV1 } from './cohere-chat.js';
import { cohereEmbed } from './cohere-embed.js';
import type { WireFormat } from './format.js';

function readBody(format: WireFormat, body: JsonObject): ResponseDraft {
  const response = emptyResponse();
  format.readResponse(body, response);
  return response;
}

function readEvents(format: WireFormat, events: readonly object[]): ResponseDraft {
  const response = emptyResponse();
  for (const event of events) format.readEvent(JSON.stringify(event), response, null);
  return response;
}

function contentOf(reader: ContentReader, events: readonly object[]): unknown {
  for (const event of events) reader.readEvent(event as JsonObject);
  return reader.output();
}

// Shapes: types of cohere-ai 8.1. Counts: https://docs.cohere.com/v2/docs/how-does-cohere-pricing-work.
const USAGE = {
  billed_units: { input_tokens: 6772, output_tokens: 248 },
  tokens: { input_tokens: 7596, output_tokens: 645 },
  cached_tokens: 7200,
};

const CALL = { id: 'get_weather_1', type: 'function', function: { name: 'get_weather', arguments: '{}' } };

describe('Cohere Chat, version 2', () => {
  const RESPONSE = {
    id: 'c14c80c3',
    finish_reason: 'COMPLETE',
    message: { role: 'assistant', content: [{ type: 'text', text: 'LLMs stand for Large Language Models' }] },
    usage: USAGE,
  };

  it('counts billed units instead of tokens', () => {
    const response = readBody(cohereChat, RESPONSE);
    expect(response).toMatchObject({ id: 'c14c80c3', finish: 'stop', complete: true, hasContent: true });
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 6772,
      cachedInputTokens: 0,
      outputTokens: 248,
      clamped: false,
      source: 'provider',
    });
  });

  it('counts tokens if there are no billed units', () => {
    const response = readBody(cohereChat, { ...RESPONSE, usage: { ...USAGE, billed_units: null } });
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 7596,
      cachedInputTokens: 7200,
      outputTokens: 645,
    });
  });

  it('reads request parameters under their Cohere names', () => {
    const body = {
      model: 'command-a-03-2025',
      stream: true,
      max_tokens: 50,
      p: 0.7,
      k: 40,
      seed: 7,
      stop_sequences: ['END'],
      response_format: { type: 'json_object' },
    };
    expect(cohereChat.readRequest(body, '', NO_HEADERS)).toMatchObject({
      model: 'command-a-03-2025',
      stream: true,
      maxTokens: 50,
      topP: 0.7,
      topK: 40,
      seed: 7,
      stopSequences: ['END'],
      outputType: 'json',
    });
  });

  const STREAM = [
    { type: 'message-start', id: '29f14a5a', delta: { message: { role: 'assistant' } } },
    { type: 'tool-plan-delta', delta: { message: { tool_plan: 'I will ' } } },
    { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
    { type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hel' } } } },
    { type: 'content-delta', index: 0, delta: { message: { content: { text: 'lo' } } } },
    { type: 'content-end', index: 0 },
    { type: 'tool-call-start', index: 0, delta: { message: { tool_calls: CALL } } },
    {
      type: 'tool-call-delta',
      index: 0,
      delta: { message: { tool_calls: { function: { arguments: ' ' } } } },
    },
    { type: 'message-end', delta: { finish_reason: 'TOOL_CALL', usage: USAGE } },
  ];

  it('completes a stream at message-end', () => {
    expect(readEvents(cohereChat, STREAM.slice(0, -1))).toMatchObject({ complete: false, finish: null });
    const response = readEvents(cohereChat, STREAM);
    expect(response).toMatchObject({
      id: '29f14a5a',
      finish: 'tool_calls',
      finishReasons: ['TOOL_CALL'],
      outputChunks: 5,
      complete: true,
    });
    expect(response.usage).toMatchObject({ inputTokens: 6772, outputTokens: 248 });
  });

  it('reads content of a stream and of a response', () => {
    const call = { type: 'tool_call', id: 'get_weather_1', name: 'get_weather', arguments: '{} ' };
    const parts = [{ type: 'reasoning', content: 'I will ' }, { type: 'text', content: 'Hello' }, call];
    expect(contentOf(cohereChat.content!(100), STREAM)).toEqual([
      { role: 'assistant', parts, finish_reason: 'TOOL_CALL' },
    ]);
    const reader = cohereChat.content!(100);
    reader.readResponse({ ...RESPONSE, message: { ...RESPONSE.message, tool_calls: [CALL] } });
    expect(reader.output()).toMatchObject([
      { parts: [{ type: 'text' }, { type: 'tool_call', arguments: '{}' }], finish_reason: 'COMPLETE' },
    ]);
    expect(reader.readRequest({ messages: [{ role: 'user', content: 'Hi' }] }).input).toHaveLength(1);
  });

  it('reads an error at the end of a stream as a failure', () => {
    const end = { type: 'message-end', delta: { finish_reason: 'ERROR', error: 'internal server error' } };
    expect(readEvents(cohereChat, [...STREAM.slice(0, 4), end])).toMatchObject({
      finish: 'error',
      complete: false,
      error: { code: null, type: null },
    });
  });

  it('does not read the text of an error as content', () => {
    const body = { id: '1', message: 'too many tokens: size limit exceeded by 100 tokens' };
    expect(readBody(cohereChat, body)).toMatchObject({ hasContent: null, complete: false, error: {} });
    expect(readEvents(cohereChat, [body]).error).not.toBeNull();
  });
});

describe('Cohere Chat, version 1', () => {
  const WHOLE = {
    response_id: 'r1',
    generation_id: 'g1',
    text: 'Hello there',
    finish_reason: 'COMPLETE',
    meta: { billed_units: { input_tokens: 10, output_tokens: 3, search_units: 1 } },
  };
  const STREAM = [
    { is_finished: false, event_type: 'stream-start', generation_id: 'g1' },
    { is_finished: false, event_type: 'text-generation', text: 'Hello ' },
    { is_finished: false, event_type: 'text-generation', text: 'there' },
    { is_finished: true, event_type: 'stream-end', finish_reason: 'MAX_TOKENS', response: WHOLE },
  ];

  it('reads a response with a billed search', () => {
    const response = readBody(cohereChatV1, WHOLE);
    expect(response).toMatchObject({ id: 'r1', finish: 'stop', complete: true, hasContent: true });
    expect(response.usage).toMatchObject({ inputTokens: 10, outputTokens: 3, searchUnits: 1 });
  });

  it('does not count the text that the last event repeats', () => {
    const response = readEvents(cohereChatV1, STREAM);
    expect(response).toMatchObject({ id: 'g1', outputChunks: 2, outputBytes: 11, complete: true });
    expect(response.usage).toMatchObject({ inputTokens: 10, outputTokens: 3 });
    expect(contentOf(cohereChatV1.content!(100), STREAM)).toMatchObject([
      { parts: [{ type: 'text', content: 'Hello there' }] },
    ]);
  });

  it('reads tool calls, which end as complete', () => {
    const body = { ...WHOLE, text: '', tool_calls: [{ name: 'find', parameters: { q: 'x' } }] };
    expect(readBody(cohereChatV1, body)).toMatchObject({ finish: 'tool_calls', hasContent: true });
    const reader = cohereChatV1.content!(100);
    reader.readResponse(body);
    expect(reader.output()).toMatchObject([
      { parts: [{ type: 'tool_call', name: 'find', arguments: '{"q":"x"}' }] },
    ]);
  });

  it('reads the roles of a chat history', () => {
    const body = {
      preamble: 'Be brief.',
      chat_history: [
        { role: 'USER', message: 'Hi' },
        { role: 'CHATBOT', message: 'Hello' },
      ],
      message: 'Bye',
    };
    const { system, input } = cohereChatV1.content!(100).readRequest(body);
    expect(system).toHaveLength(1);
    expect(input.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(cohereChatV1.inputBytes(body)).toBeGreaterThan(15);
  });

  it('does not take the chat of an application for a model request', () => {
    expect(cohereChatV1.accepts(new Set(['message', 'session']), '')).toBe(false);
    expect(cohereChatV1.accepts(new Set(['message', 'stream']), '')).toBe(true);
  });

  it('reads an error', () => {
    expect(readBody(cohereChatV1, { message: 'invalid api token' }).error).not.toBeNull();
  });
});

describe('Cohere Embed', () => {
  // Source: https://docs.cohere.com/reference/embed.
  const RESPONSE = {
    id: 'da6e531f',
    embeddings: { float: [[0.016, -0.008]] },
    texts: ['hello'],
    meta: { api_version: { version: '2' }, billed_units: { input_tokens: 2 } },
  };

  it('reads billed tokens, whole or without parsing the vectors', () => {
    const response = readBody(cohereEmbed, RESPONSE);
    expect(response.usage).toMatchObject({ inputTokens: 2, outputTokens: 0 });
    expect(response).toMatchObject({ id: 'da6e531f', complete: true, hasContent: true });
    const skimmed = emptyResponse();
    expect(cohereEmbed.skimResponse!(JSON.stringify(RESPONSE), skimmed)).toBe(true);
    expect(skimmed).toEqual(response);
    expect(cohereEmbed.skimResponse!(JSON.stringify(RESPONSE).slice(0, -1), emptyResponse())).toBe(false);
  });

  it('counts the tokens of images as image input', () => {
    const meta = { billed_units: { images: 1, image_tokens: 1021, input_tokens: 3 } };
    expect(readBody(cohereEmbed, { ...RESPONSE, meta }).usage).toMatchObject({
      inputTokens: 1024,
      imageInputTokens: 1021,
      toolUses: {},
    });
  });

  it('counts images that are billed by number', () => {
    const meta = { billed_units: { images: 2 } };
    expect(readBody(cohereEmbed, { ...RESPONSE, meta }).usage.toolUses).toEqual({ images: 2 });
  });

  it('reads an error', () => {
    expect(readBody(cohereEmbed, { message: 'invalid model' })).toMatchObject({ complete: false, error: {} });
  });

  it('reads the requested dimensions', () => {
    const body = { model: 'embed-v4.0', texts: ['hello'], output_dimension: 256 };
    expect(cohereEmbed.readRequest(body, '', NO_HEADERS)).toEqual({
      model: 'embed-v4.0',
      stream: false,
      dimensions: 256,
    });
    expect(cohereEmbed.inputBytes(body)).toBe(5);
    expect(cohereEmbed.inputBytes({ images: ['data:'] })).toBeNull();
  });
});
