import '../../../../test/support/loaded-wire.js';
import { formatAfter, formatOfPath } from '../exchanges/known-formats.js';
import { NO_HEADERS } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import { embeddings } from './embeddings.js';
import type { WireFormat } from './format.js';
import { ollamaChat, ollamaEmbeddings, ollamaGenerate } from './ollama.js';

function readEvents(format: WireFormat, events: readonly object[]): ResponseDraft {
  const response = emptyResponse();
  for (const event of events) format.readEvent(JSON.stringify(event), response, null);
  return response;
}

function readBody(format: WireFormat, body: JsonObject): ResponseDraft {
  const response = emptyResponse();
  format.readResponse(body, response);
  return response;
}

// Source: https://github.com/ollama/ollama/blob/main/docs/api.md, “Generate a chat completion”.
const MODEL = { model: 'llama3.2', created_at: '2023-08-04T08:52:19.385406455-07:00' };
const LAST = {
  ...MODEL,
  message: { role: 'assistant', content: '' },
  done: true,
  done_reason: 'stop',
  total_duration: 4883583458,
  prompt_eval_count: 26,
  eval_count: 282,
};
const STREAM = [
  { ...MODEL, message: { role: 'assistant', content: '', thinking: 'Hm.' }, done: false },
  { ...MODEL, message: { role: 'assistant', content: 'The' }, done: false },
  { ...MODEL, message: { role: 'assistant', content: ' sky' }, done: false },
  LAST,
];

describe('Ollama chat', () => {
  it('completes a stream at the line with done', () => {
    expect(readEvents(ollamaChat, STREAM.slice(0, -1)).complete).toBe(false);
    const response = readEvents(ollamaChat, STREAM);
    expect(response).toMatchObject({
      model: 'llama3.2',
      finish: 'stop',
      complete: true,
      hasContent: true,
      outputChunks: 3,
    });
    expect(response.usage).toMatchObject({ inputTokens: 26, outputTokens: 282, cachedInputTokens: 0 });
  });

  it('streams unless the request says otherwise', () => {
    const options = { num_predict: 9, temperature: 0, top_k: 3, top_p: 0.5, seed: 4, stop: ['\n'] };
    const body = { model: 'llama3.2', options, think: 'high', format: { type: 'object' } };
    expect(ollamaChat.readRequest(body, '', NO_HEADERS)).toMatchObject({
      stream: true,
      maxTokens: 9,
      temperature: 0,
      topK: 3,
      topP: 0.5,
      seed: 4,
      stopSequences: ['\n'],
      reasoningEffort: 'high',
      outputType: 'json',
    });
    const unstreamed = ollamaChat.readRequest({ model: 'x', stream: false, format: 'json' }, '', NO_HEADERS);
    expect(unstreamed).toMatchObject({ stream: false, outputType: 'json' });
  });

  it('reads tool calls, which the provider ends with stop', () => {
    const tool_calls = [{ function: { name: 'get_weather', arguments: { city: 'Paris' } } }];
    const call = { ...MODEL, message: { role: 'assistant', content: '', tool_calls }, done: false };
    const response = readEvents(ollamaChat, [call, LAST]);
    expect(response).toMatchObject({ finish: 'tool_calls', finishReasons: ['stop'], hasContent: true });
    const reader = ollamaChat.content!(100);
    for (const event of [call, LAST]) reader.readEvent(event);
    expect(reader.output()).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: null, name: 'get_weather', arguments: '{"city":"Paris"}' }],
        finish_reason: 'stop',
      },
    ]);
  });

  it('reads a truncated response', () => {
    expect(readBody(ollamaChat, { ...LAST, done_reason: 'length' }).finish).toBe('length');
  });

  // Source: https://github.com/ollama/ollama/issues/3427.
  it('estimates the input if the server omits the count of a cached prompt', () => {
    const { prompt_eval_count: _, ...last } = LAST;
    const response = readEvents(ollamaChat, [...STREAM.slice(0, -1), last]);
    expect(toUsage(response, true, () => 40)).toMatchObject({
      inputTokens: 10,
      cachedInputTokens: null,
      outputTokens: 282,
      source: 'estimated',
    });
  });

  // Source: https://github.com/ollama/ollama/pull/17943.
  it('reads the cached part of the input', () => {
    const response = readEvents(ollamaChat, [
      { ...LAST, prompt_eval_count: 21, prompt_eval_cached_count: 16 },
    ]);
    expect(toUsage(response, true, () => null)).toMatchObject({ inputTokens: 21, cachedInputTokens: 16 });
  });

  it('does not report a loaded model as an empty response', () => {
    const response = readBody(ollamaChat, { ...MODEL, message: {}, done: true, done_reason: 'load' });
    expect(response).toMatchObject({ finish: 'load', complete: true, hasContent: false });
    expect(toUsage(response, true, () => 99)).toMatchObject({ inputTokens: 0, outputTokens: 0 });
  });

  it.each([
    ['in a stream', () => readEvents(ollamaChat, [STREAM[1]!, { error: 'an error was encountered' }])],
    ['in a response', () => readBody(ollamaChat, { error: 'model "x" not found' })],
    ['of a proxy', () => readBody(ollamaChat, { error: { message: 'no', type: 'auth', code: 401 } })],
  ])('reads an error %s', (_, read) => {
    expect(read()).toMatchObject({ complete: false, error: {} });
  });

  it('reads content of a request', () => {
    const { system, input } = ollamaChat.content!(100).readRequest({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'What is this?', images: ['iVBOR'] },
        {
          role: 'assistant',
          content: '',
          thinking: 'Hm',
          tool_calls: [{ function: { name: 'see', arguments: {} } }],
        },
        { role: 'tool', tool_name: 'see', content: 'a cat' },
      ],
    });
    expect(system).toEqual([{ type: 'text', content: 'Be brief.' }]);
    expect(input.map(({ parts }) => parts.map(({ type }) => type))).toEqual([
      ['text', 'blob'],
      ['reasoning', 'tool_call'],
      ['tool_call_response'],
    ]);
  });
});

describe('Ollama generate', () => {
  it('reads response, thinking and counts', () => {
    const body = { ...LAST, message: undefined, response: 'Hello', thinking: 'Hm' };
    const response = readBody(ollamaGenerate, body);
    expect(response).toMatchObject({ complete: true, hasContent: true, outputBytes: 7 });
    expect(response.usage).toMatchObject({ inputTokens: 26, outputTokens: 282 });
    const reader = ollamaGenerate.content!(100);
    reader.readResponse(body);
    expect(reader.output()).toMatchObject([{ parts: [{ type: 'reasoning' }, { content: 'Hello' }] }]);
    expect(reader.readRequest({ system: 'Be brief.', prompt: 'Hi', images: ['x'] })).toMatchObject({
      system: [{ content: 'Be brief.' }],
      input: [{ parts: [{ content: 'Hi' }, { type: 'blob' }] }],
    });
  });

  it('is no call if a model is only loaded', () => {
    expect(ollamaGenerate.accepts(new Set(['model', 'keep_alive']), '')).toBe(false);
  });
});

describe('Ollama embeddings', () => {
  it('reads the current API', () => {
    const body = { model: 'all-minilm', embeddings: [[0.01, -0.001]], prompt_eval_count: 8 };
    const response = readBody(ollamaEmbeddings, body);
    expect(response.usage).toMatchObject({ inputTokens: 8, outputTokens: 0 });
    expect(response).toMatchObject({ model: 'all-minilm', hasContent: true, complete: true });
    const skimmed = emptyResponse();
    expect(ollamaEmbeddings.skimResponse!(JSON.stringify(body), skimmed)).toBe(true);
    expect(skimmed).toEqual(response);
  });

  it('estimates the tokens of the old API, which reports none', () => {
    const response = readBody(ollamaEmbeddings, { embedding: [0.56, 0.01] });
    const bytes = ollamaEmbeddings.inputBytes({ prompt: 'Here is an article' });
    expect(toUsage(response, true, () => bytes)).toMatchObject({ inputTokens: 5, source: 'estimated' });
  });

  it('leaves OpenAI embeddings at the same path to their format', () => {
    const url = 'https://webui.example.com/api/embeddings';
    expect(formatOfPath(url)).toBe(ollamaEmbeddings);
    expect(ollamaEmbeddings.accepts(new Set(['model', 'input']), url)).toBe(false);
    expect(formatAfter(ollamaEmbeddings, url)).toBe(embeddings);
    expect(formatAfter(embeddings, url)).toBeNull();
  });

  it('reads an error', () => {
    expect(readBody(ollamaEmbeddings, { error: 'model not found' })).toMatchObject({
      complete: false,
      error: {},
    });
    expect(ollamaEmbeddings.skimResponse!('{"error":"x"}', emptyResponse())).toBe(false);
  });

  it('reads the requested dimensions', () => {
    const body = { model: 'm', input: 'x', dimensions: 64 };
    expect(ollamaEmbeddings.readRequest(body, '', NO_HEADERS)).toMatchObject({ model: 'm', dimensions: 64 });
  });
});
