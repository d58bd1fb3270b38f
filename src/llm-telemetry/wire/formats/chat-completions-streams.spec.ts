import type OpenAI from 'openai';
import {
  type Choice,
  choice,
  COMPLETION,
  readBody,
} from '../../../../test/support/formats/chat-completions.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import { chatCompletions } from './chat-completions.js';

type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;
type ChunkChoice = Chunk['choices'][number];

function chunk(part: Partial<Chunk>): Chunk {
  const { id, created, model } = COMPLETION;
  return {
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    service_tier: 'default',
    choices: [],
    ...part,
  };
}

function delta(content: ChunkChoice['delta'], finish: ChunkChoice['finish_reason'] = null, index = 0): Chunk {
  return chunk({ choices: [{ index, delta: content, logprobs: null, finish_reason: finish }] });
}

/** JSON as OpenAI writes it, and as most other servers do (Python's `json.dumps`). */
const WRITERS = {
  'without spaces': (value: unknown) => JSON.stringify(value),
  'with spaces': (value: unknown) => JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' '),
};

function readEvents(
  events: readonly unknown[],
  write: (value: unknown) => string = WRITERS['without spaces'],
): ResponseDraft {
  const response = emptyResponse();
  for (const event of events)
    chatCompletions.readEvent(typeof event === 'string' ? event : write(event), response, null);
  return response;
}

describe.each(Object.entries(WRITERS))('a chat stream %s', (_, write) => {
  const head = delta({ role: 'assistant', content: '', refusal: null });
  const words = ['“Wörter”', ' “日本”', ' !', ' and', ' more'].map((content) => delta({ content }));

  it('has the usage of the last chunk, which has no choices', () => {
    const events = [
      head,
      ...words,
      delta({}, 'stop'),
      chunk({ usage: COMPLETION.usage, service_tier: 'priority' }),
      '[DONE]',
    ].map((event) => (typeof event === 'string' ? event : { usage: null, ...event }));
    const response = readEvents(events, write);
    expect(response).toMatchObject({
      id: COMPLETION.id,
      model: COMPLETION.model,
      finish: 'stop',
      finishReasons: ['stop'],
      outputChunks: 5,
      complete: true,
      error: null,
    });
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 19,
      outputTokens: 10,
      serviceTier: 'priority',
      source: 'provider',
    });
  });

  it('has the usage of the last chunk that has usage if chunks also have choices', () => {
    // vLLM with `continuous_usage_stats`: every chunk has the counts so far.
    const counted = words.map((word, at) => ({
      ...word,
      usage: { prompt_tokens: 7, completion_tokens: at + 1, total_tokens: 8 + at },
    }));
    const left = toUsage(readEvents([head, ...counted], write), true, () => null);
    expect(left).toMatchObject({ inputTokens: 7, outputTokens: 5, source: 'provider' });
    const last = {
      ...delta({}, 'length'),
      usage: { prompt_tokens: 7, completion_tokens: 6, total_tokens: 13 },
    };
    const response = readEvents([head, ...counted, last, '[DONE]'], write);
    expect(response).toMatchObject({ finish: 'length', outputChunks: 5 });
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 7,
      outputTokens: 6,
      source: 'provider',
    });
  });

  it('has the usage that Groq sends in x_groq', () => {
    // Groq API reference, “Chat”, chunk object: the last chunk has `x_groq`, with or without `include_usage`.
    const last = {
      ...delta({}, 'stop'),
      x_groq: {
        id: 'req_01jbd6g2qdfw2adyrt2az8hz4w',
        usage: { queue_time: 0.04, prompt_tokens: 18, completion_tokens: 5, total_tokens: 23 },
      },
    };
    const first = { ...head, x_groq: { id: 'req_01jbd6g2qdfw2adyrt2az8hz4w' } };
    expect(toUsage(readEvents([first, ...words, last, '[DONE]'], write), true, () => null)).toMatchObject({
      inputTokens: 18,
      outputTokens: 5,
      source: 'provider',
    });
  });

  it('has usage estimated from its text if the server sends none', () => {
    const response = readEvents([head, ...words, delta({}, 'stop'), '[DONE]'], write);
    expect(response.outputBytes).toBe(Buffer.byteLength('“Wörter” “日本” ! and more'));
    expect(toUsage(response, true, () => 100)).toMatchObject({
      inputTokens: 25,
      outputTokens: 10,
      source: 'estimated',
    });
  });

  it.each<[string, number, object[]]>([
    [
      'tool calls',
      7,
      ['{"a', '":1', '}'].map((text) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] })),
    ],
    ['reasoning', 6, ['Hm', ', só'].map((text) => ({ content: null, reasoning_content: text }))],
    // OpenRouter, “Reasoning tokens”: `reasoning` with an empty `content`.
    ['reasoning with empty content', 6, ['Hm', ', só'].map((text) => ({ content: '', reasoning: text }))],
    ['a refusal', 9, ["I'm", ' sorry'].map((text) => ({ refusal: text }))],
  ])('is measured in bytes of %s', (_kind, bytes, deltas) => {
    const events = deltas.map((one) => delta(one as ChunkChoice['delta']));
    const response = readEvents(events, write);
    expect(response.outputChunks).toBe(deltas.length);
    // Escape sequences may be counted in their encoded form.
    expect(response.outputBytes - bytes).toBeGreaterThanOrEqual(0);
    expect(response.outputBytes - bytes).toBeLessThanOrEqual(1);
  });

  it('is not complete before its last event', () => {
    const response = readEvents([head, ...words], write);
    expect(response).toMatchObject({ complete: false, finish: null });
  });

  it('is parsed correctly if its text looks like JSON', () => {
    const tricky = [
      '"finish_reason":"length"',
      '"usage":{"prompt_tokens":999}',
      '"error":{"code":"x"}',
      '"refusal":"no"',
    ];
    const response = readEvents(
      [head, words[0], ...tricky.map((content) => delta({ content })), delta({}, 'stop')],
      write,
    );
    expect(response).toMatchObject({ finish: 'stop', finishReasons: ['stop'], error: null, outputChunks: 5 });
    expect(response.usage.inputTokens).toBeNull();
  });

  it('can contain an error event', () => {
    // OpenAI sends this event in a stream that started with status 200. openai 7 throws for it (`core/streaming`).
    const error: OpenAI.ErrorObject = {
      message: 'The server had an error while processing “the prompt”.',
      type: 'server_error',
      param: null,
      code: null,
    };
    const response = readEvents([head, ...words, { error }], write);
    expect(response).toMatchObject({
      error: { code: null, type: 'server_error', hint: null },
      complete: false,
    });
    expect(JSON.stringify(response)).not.toContain('the prompt');
  });

  it('can contain an error in a chunk with choices', () => {
    // OpenRouter, “Errors”, mid-stream: the error is part of a regular chunk.
    const broken = {
      ...delta({ content: '' }),
      error: { code: 'server_error', message: 'Provider disconnected' },
    };
    expect(readEvents([head, ...words, broken], write)).toMatchObject({
      error: { code: 'server_error', type: null, hint: null },
      complete: false,
    });
  });

  it('has the model and the id of the first chunk that contains them', () => {
    // Azure first sends a chunk with prompt filter results, without id, model or choices.
    const azure = { ...chunk({ id: '', model: '' }), prompt_filter_results: [] };
    expect(readEvents([azure, head, ...words], write)).toMatchObject({
      id: COMPLETION.id,
      model: COMPLETION.model,
    });
  });
});

describe('finish reason of a chat completion', () => {
  it.each<[string, string]>([
    ['stop', 'stop'],
    ['length', 'length'],
    ['tool_calls', 'tool_calls'],
    ['function_call', 'tool_calls'],
    ['content_filter', 'content_filter'],
    // Not a value of OpenAI, so it is not normalized.
    ['insufficient_system_resource', 'error'],
    ['model_length', 'context_window'],
    ['sensitive', 'content_filter'],
  ])('%s is normalized to %s', (reason, finish) => {
    const body = { ...COMPLETION, choices: [choice(reason as Choice['finish_reason'])] };
    expect(readBody(body)).toMatchObject({ finish, finishReasons: [reason] });
    const events = [delta({ content: 'x' }), delta({}, reason as ChunkChoice['finish_reason'])];
    expect(readEvents(events)).toMatchObject({ finish, finishReasons: [reason] });
  });

  it('is a refusal if the message has a refusal, regardless of the finish reason', () => {
    const refusal = choice('stop', { content: null, refusal: "I'm sorry, but I can't help with that." });
    expect(readBody({ ...COMPLETION, choices: [refusal] })).toMatchObject({
      finish: 'refusal',
      finishReasons: ['stop'],
    });
    const events = [delta({ role: 'assistant', refusal: '' }), delta({ refusal: 'No.' }), delta({}, 'stop')];
    expect(readEvents(events)).toMatchObject({ finish: 'refusal', finishReasons: ['stop'] });
  });

  it.each<[Choice['finish_reason'][], string]>([
    [['stop', 'length'], 'length'],
    [['tool_calls', 'length'], 'length'],
    [['length', 'content_filter'], 'content_filter'],
    [['stop', 'tool_calls', 'stop'], 'tool_calls'],
    [['stop', 'new' as 'stop', 'tool_calls'], 'new'],
  ])('of the choices %j is the most severe one in any order: %s', (reasons, finish) => {
    for (const order of [reasons, reasons.toReversed()]) {
      expect(readBody({ ...COMPLETION, choices: order.map((reason) => choice(reason)) })).toMatchObject({
        finish,
        finishReasons: order,
      });
      const events = order.map((reason, index) => delta({ content: 'x' }, reason, index));
      expect(readEvents(events)).toMatchObject({ finish, finishReasons: order });
    }
  });

  it.each([[[]], [[null]], [['choice']], [[{}]], [{}], [null], ['choices']])(
    'is absent with the choices %j',
    (choices) => {
      expect(readBody({ ...COMPLETION, choices })).toMatchObject({ finish: null, finishReasons: [] });
      expect(readEvents([{ ...chunk({}), choices }])).toMatchObject({ finish: null, finishReasons: [] });
    },
  );
});

describe('events that are not chunks', () => {
  it.each(['', ' ', 'null', '[]', '12', '"x"', '{"cut', 'data'])(
    'are ignored, including after the first token: %j',
    (data) => {
      const before = readEvents([delta({ content: 'x' })]);
      const after = readEvents([delta({ content: 'x' })]);
      chatCompletions.readEvent(data, after, null);
      expect(after).toEqual(before);
    },
  );
});
