import type OpenAI from 'openai';
import { emptyAnswer, type Answer } from '../answer.js';
import type { JsonObject } from '../json/json-value.js';
import { toUsage } from '../to-usage.js';
import type { Usage } from '../usage.js';
import { chatCompletions } from './chat-completions.js';

type ChatCompletion = OpenAI.Chat.Completions.ChatCompletion;
type Choice = ChatCompletion['choices'][number];
type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;
type ChunkChoice = Chunk['choices'][number];

// Shapes: types of openai 7 (`resources/chat/completions`, `resources/completions`), values as in the API reference,
// “The chat completion object” and “The chat completion chunk object”.
const COMPLETION: ChatCompletion = {
  id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
  object: 'chat.completion',
  created: 1_741_569_952,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [choice('stop')],
  usage: {
    prompt_tokens: 19,
    completion_tokens: 10,
    total_tokens: 29,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  },
  service_tier: 'default',
};

function choice(finish: Choice['finish_reason'], message: Partial<Choice['message']> = {}): Choice {
  return {
    index: 0,
    message: { role: 'assistant', content: 'Hello!', refusal: null, annotations: [], ...message },
    logprobs: null,
    finish_reason: finish,
  };
}

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

/** How OpenAI writes JSON, and how most other servers do (Python's `json.dumps`). */
const WRITERS = {
  'without spaces': (value: unknown) => JSON.stringify(value),
  'with spaces': (value: unknown) => JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' '),
};

/** Checks that skimming a response, if possible, gives the same result as parsing it. */
function readBody(body: unknown): Answer {
  const answer = emptyAnswer();
  chatCompletions.readResponse(body as JsonObject, answer);
  for (const indent of [0, 2]) {
    const skimmed = emptyAnswer();
    const isSkimmed = chatCompletions.skimResponse!(JSON.stringify(body, null, indent), skimmed);
    expect(isSkimmed ? skimmed : answer).toEqual(answer);
  }
  return answer;
}

function readEvents(
  events: readonly unknown[],
  write: (value: unknown) => string = WRITERS['without spaces'],
): Answer {
  const answer = emptyAnswer();
  for (const event of events)
    chatCompletions.readEvent(typeof event === 'string' ? event : write(event), answer);
  return answer;
}

function usageOf(usage: unknown): Usage {
  return toUsage(readBody({ ...COMPLETION, usage }), true, () => null);
}

describe('usage of a chat completion', () => {
  it('is read from the body', () => {
    const answer = readBody(COMPLETION);
    expect(answer).toMatchObject({ id: COMPLETION.id, model: 'gpt-4o-mini-2024-07-18', complete: true });
    expect(toUsage(answer, true, () => null)).toEqual({
      inputTokens: 19,
      cachedInputTokens: 0,
      cacheWriteTokens5m: 0,
      cacheWriteTokens1h: 0,
      cacheWriteTokens12h: 0,
      audioInputTokens: 0,
      imageInputTokens: 0,
      outputTokens: 10,
      reasoningTokens: 0,
      audioOutputTokens: 0,
      imageOutputTokens: 0,
      audioSeconds: 0,
      webSearchRequests: 0,
      toolUses: {},
      serviceTier: 'default',
      speed: null,
      geo: null,
      clamped: false,
      source: 'provider',
    });
  });

  it('contains cached, cache-write, audio and reasoning tokens', () => {
    const usage: OpenAI.CompletionUsage = {
      prompt_tokens: 2006,
      completion_tokens: 300,
      total_tokens: 2306,
      prompt_tokens_details: {
        cached_tokens: 1536,
        cache_write_tokens: 128,
        audio_tokens: 12,
        image_tokens: 5,
      },
      completion_tokens_details: { reasoning_tokens: 192, audio_tokens: 7, text_tokens: 101 },
    };
    expect(usageOf(usage)).toMatchObject({
      inputTokens: 2006,
      cachedInputTokens: 1536,
      cacheWriteTokens5m: 128,
      audioInputTokens: 12,
      outputTokens: 300,
      reasoningTokens: 192,
      audioOutputTokens: 7,
      clamped: false,
      source: 'provider',
    });
  });

  it('contains the cost reported by a proxy', () => {
    // OpenRouter, “Usage accounting”: `usage.cost`, in USD.
    const usage = { ...COMPLETION.usage, cost: 0.00014 };
    expect(readBody({ ...COMPLETION, usage }).usage.providerCostUsd).toBe(0.00014);
  });

  it.each<[string, object, Partial<Usage>]>([
    [
      'more cached than there is',
      { prompt_tokens: 10, prompt_tokens_details: { cached_tokens: 25 } },
      { inputTokens: 10, cachedInputTokens: 10 },
    ],
    [
      'parts that are together more than the whole',
      { prompt_tokens: 10, prompt_tokens_details: { cached_tokens: 8, cache_write_tokens: 8 } },
      { inputTokens: 10, cachedInputTokens: 8, cacheWriteTokens5m: 2 },
    ],
    [
      // xAI does not include reasoning in the completion tokens.
      'more reasoning than output',
      { completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 90 } },
      { outputTokens: 5, reasoningTokens: 5 },
    ],
    ['a negative input', { prompt_tokens: -4 }, { inputTokens: 0 }],
    ['a negative output', { completion_tokens: -1 }, { outputTokens: 0 }],
    [
      'a negative part',
      { prompt_tokens: 10, prompt_tokens_details: { cached_tokens: -3 } },
      { inputTokens: 10, cachedInputTokens: 0 },
    ],
  ])('is clamped and flagged with %s', (_, counts, expected) => {
    const usage = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20, ...counts };
    expect(usageOf(usage)).toMatchObject({ ...expected, clamped: true, source: 'provider' });
  });

  it.each<[string, unknown]>([
    ['absent', undefined],
    ['null', null],
    ['empty', {}],
    ['a list', [1, 2]],
    ['a string', '19'],
    ['text', { prompt_tokens: '19', completion_tokens: '10' }],
    ['not a number', { prompt_tokens: Number.NaN, completion_tokens: Number.NaN }],
    ['infinite', { prompt_tokens: Number.POSITIVE_INFINITY, completion_tokens: Number.POSITIVE_INFINITY }],
    ['null by member', { prompt_tokens: null, completion_tokens: null, prompt_tokens_details: null }],
  ])('is missing if it is %s, unless the output was read and can be estimated', (_, usage) => {
    const answer = readBody({ ...COMPLETION, usage });
    // “Hello!” is 6 bytes.
    expect(toUsage(answer, true, () => null)).toMatchObject({
      inputTokens: 0,
      outputTokens: 0,
      source: 'missing',
    });
    expect(toUsage(answer, true, () => 40)).toMatchObject({
      inputTokens: 10,
      cachedInputTokens: null,
      outputTokens: 2,
      reasoningTokens: null,
      source: 'estimated',
    });
    expect(toUsage(answer, false, () => 40)).toMatchObject({ inputTokens: 0, source: 'missing' });
  });

  it('is truncated to whole tokens', () => {
    expect(usageOf({ prompt_tokens: 10.9, completion_tokens: 3.2 })).toMatchObject({
      inputTokens: 10,
      outputTokens: 3,
    });
  });

  it('is complete without details', () => {
    expect(usageOf({ prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 })).toMatchObject({
      inputTokens: 19,
      cachedInputTokens: 0,
      outputTokens: 10,
      reasoningTokens: 0,
      clamped: false,
    });
  });
});

describe.each(Object.entries(WRITERS))('a chat stream %s', (_, write) => {
  const head = delta({ role: 'assistant', content: '', refusal: null });
  const words = ['“Wörter”', ' “日本”', ' !', ' and', ' more'].map((content) => delta({ content }));

  it('has the usage of its last chunk without choices', () => {
    const events = [
      head,
      ...words,
      delta({}, 'stop'),
      chunk({ usage: COMPLETION.usage, service_tier: 'priority' }),
      '[DONE]',
    ].map((event) => (typeof event === 'string' ? event : { usage: null, ...event }));
    const answer = readEvents(events, write);
    expect(answer).toMatchObject({
      id: COMPLETION.id,
      model: COMPLETION.model,
      finish: 'stop',
      finishReasons: ['stop'],
      outputChunks: 5,
      complete: true,
      error: null,
    });
    expect(toUsage(answer, true, () => null)).toMatchObject({
      inputTokens: 19,
      outputTokens: 10,
      serviceTier: 'priority',
      source: 'provider',
    });
  });

  it('has the usage of the last chunk with usage if chunks have choices', () => {
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
    const answer = readEvents([head, ...counted, last, '[DONE]'], write);
    expect(answer).toMatchObject({ finish: 'length', outputChunks: 5 });
    expect(toUsage(answer, true, () => null)).toMatchObject({
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

  it('has usage estimated from its text if it sends none', () => {
    const answer = readEvents([head, ...words, delta({}, 'stop'), '[DONE]'], write);
    expect(answer.outputBytes).toBe(Buffer.byteLength('“Wörter” “日本” ! and more'));
    expect(toUsage(answer, true, () => 100)).toMatchObject({
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
  ])('is measured by the bytes of %s', (_kind, bytes, deltas) => {
    const events = deltas.map((one) => delta(one as ChunkChoice['delta']));
    const answer = readEvents(events, write);
    expect(answer.outputChunks).toBe(deltas.length);
    // Escape sequences may be counted as written.
    expect(answer.outputBytes - bytes).toBeGreaterThanOrEqual(0);
    expect(answer.outputBytes - bytes).toBeLessThanOrEqual(1);
  });

  it('is not complete before its last event', () => {
    const answer = readEvents([head, ...words], write);
    expect(answer).toMatchObject({ complete: false, finish: null });
  });

  it('is read past text that looks like JSON', () => {
    const tricky = [
      '"finish_reason":"length"',
      '"usage":{"prompt_tokens":999}',
      '"error":{"code":"x"}',
      '"refusal":"no"',
    ];
    const answer = readEvents(
      [head, words[0], ...tricky.map((content) => delta({ content })), delta({}, 'stop')],
      write,
    );
    expect(answer).toMatchObject({ finish: 'stop', finishReasons: ['stop'], error: null, outputChunks: 5 });
    expect(answer.usage.inputTokens).toBeNull();
  });

  it('can contain an error event', () => {
    // As OpenAI sends it in a stream that has begun (200): types of openai 7, `core/streaming` throws on it.
    const error: OpenAI.ErrorObject = {
      message: 'The server had an error while processing “the prompt”.',
      type: 'server_error',
      param: null,
      code: null,
    };
    const answer = readEvents([head, ...words, { error }], write);
    expect(answer).toMatchObject({
      error: { code: null, type: 'server_error', hint: null },
      complete: false,
    });
    expect(JSON.stringify(answer)).not.toContain('the prompt');
  });

  it('can contain an error next to its choices', () => {
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

  it('has the model and the id of the first chunk with them', () => {
    // Azure: a first chunk with the results of the prompt's filter, no id, no model, no choices.
    const azure = { ...chunk({ id: '', model: '' }), prompt_filter_results: [] };
    expect(readEvents([azure, head, ...words], write)).toMatchObject({
      id: COMPLETION.id,
      model: COMPLETION.model,
    });
  });
});

describe('skimming a chat completion', () => {
  const isSkimmed = (completion: object, indent = 0): boolean =>
    chatCompletions.skimResponse!(JSON.stringify(completion, null, indent), emptyAnswer());

  it.each([0, 2])('reads a response with any text (indented by %i)', (indent) => {
    const content = 'He wrote "finish_reason":"length" and "refusal": "no"}], "usage": {}';
    expect(isSkimmed({ ...COMPLETION, choices: [choice('stop', { content })] }, indent)).toBe(true);
    expect(readBody({ ...COMPLETION, choices: [choice('stop', { content })] }).finish).toBe('stop');
  });

  it.each<[string, object]>([
    ['two choices', { choices: [choice('stop'), choice('length')] }],
    ['a refusal', { choices: [choice('stop', { refusal: 'No.' })] }],
    ['no usage', { usage: undefined }],
    ['an error', { error: { message: 'Overloaded', code: 503 } }],
    ['no finish reason', { choices: [] }],
  ])('leaves a response to the parser if it has %s', (_, part) => {
    expect(isSkimmed({ ...COMPLETION, ...part })).toBe(false);
  });

  it('leaves a truncated response to the parser', () => {
    const json = JSON.stringify(COMPLETION);
    expect(chatCompletions.skimResponse!(json.slice(0, -1), emptyAnswer())).toBe(false);
  });
});

describe('finish reason of a chat completion', () => {
  it.each<[string, string]>([
    ['stop', 'stop'],
    ['length', 'length'],
    ['tool_calls', 'tool_calls'],
    ['function_call', 'tool_calls'],
    ['content_filter', 'content_filter'],
    // Not of OpenAI, so it is not normalized.
    ['insufficient_system_resource', 'insufficient_system_resource'],
  ])('%s is normalized to %s', (reason, finish) => {
    const body = { ...COMPLETION, choices: [choice(reason as Choice['finish_reason'])] };
    expect(readBody(body)).toMatchObject({ finish, finishReasons: [reason] });
    const events = [delta({ content: 'x' }), delta({}, reason as ChunkChoice['finish_reason'])];
    expect(readEvents(events)).toMatchObject({ finish, finishReasons: [reason] });
  });

  it('is a refusal if the message has a refusal, whatever the finish reason', () => {
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

describe('an error in the body of a chat completion', () => {
  it.each<[unknown, Answer['error']]>([
    // OpenAI API reference, “Error codes”; type `ErrorObject` of openai 7.
    [
      {
        message: 'You exceeded your current quota',
        type: 'insufficient_quota',
        param: null,
        code: 'insufficient_quota',
      } satisfies OpenAI.ErrorObject,
      { code: 'insufficient_quota', type: 'insufficient_quota', hint: null },
    ],
    // OpenRouter, “Errors”: a numeric code in a response with status 200.
    [
      { message: 'Provider returned error', code: 502 },
      { code: null, type: null, hint: null },
    ],
    // Ollama, “Errors”: only a message.
    ['model "x" not found', { code: null, type: null, hint: null }],
    [['x'], { code: null, type: null, hint: null }],
  ])('%j', (error, expected) => {
    expect(readBody({ error })).toMatchObject({ error: expected, complete: false });
  });

  it('is absent if it is null', () => {
    expect(readBody({ ...COMPLETION, error: null })).toMatchObject({ error: null, complete: true });
  });
});

describe('events that are not chunks', () => {
  it.each(['', ' ', 'null', '[]', '12', '"x"', '{"cut', 'data'])(
    'are ignored, also after the first token: %j',
    (data) => {
      const before = readEvents([delta({ content: 'x' })]);
      const after = readEvents([delta({ content: 'x' })]);
      chatCompletions.readEvent(data, after);
      expect(after).toEqual(before);
    },
  );
});
