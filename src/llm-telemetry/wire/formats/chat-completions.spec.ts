import type OpenAI from 'openai';
import { choice, COMPLETION, readBody } from '../../../../test/support/formats/chat-completions.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import { NO_COUNTS, type Usage } from '../usage.js';
import { chatCompletions } from './chat-completions.js';

function usageOf(usage: unknown): Usage {
  return toUsage(readBody({ ...COMPLETION, usage }), true, () => null);
}

describe('usage of a chat completion', () => {
  it('is read from the body', () => {
    const response = readBody(COMPLETION);
    expect(response).toMatchObject({ id: COMPLETION.id, model: 'gpt-4o-mini-2024-07-18', complete: true });
    expect(toUsage(response, true, () => null)).toEqual({
      ...NO_COUNTS,
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
      derived: false,
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
      derived: false,
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
      'more cached tokens than input',
      { prompt_tokens: 10, prompt_tokens_details: { cached_tokens: 25 } },
      { inputTokens: 10, cachedInputTokens: 10 },
    ],
    [
      'parts that are together more than the whole',
      { prompt_tokens: 10, prompt_tokens_details: { cached_tokens: 8, cache_write_tokens: 8 } },
      { inputTokens: 10, cachedInputTokens: 8, cacheWriteTokens5m: 2 },
    ],
    [
      // xAI does not include reasoning tokens in the completion tokens.
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
    ['text', { prompt_tokens: 'few', completion_tokens: '1e1' }],
    ['not a number', { prompt_tokens: Number.NaN, completion_tokens: Number.NaN }],
    ['infinite', { prompt_tokens: Number.POSITIVE_INFINITY, completion_tokens: Number.POSITIVE_INFINITY }],
    ['null by member', { prompt_tokens: null, completion_tokens: null, prompt_tokens_details: null }],
  ])('is missing if it is %s, unless it can be estimated from the output', (_, usage) => {
    const response = readBody({ ...COMPLETION, usage });
    // “Hello!” is 6 bytes.
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 0,
      outputTokens: 0,
      source: 'missing',
    });
    expect(toUsage(response, true, () => 40)).toMatchObject({
      inputTokens: 10,
      cachedInputTokens: null,
      outputTokens: 2,
      reasoningTokens: null,
      source: 'estimated',
    });
    expect(toUsage(response, false, () => 40)).toMatchObject({ inputTokens: 0, source: 'missing' });
  });

  it('is truncated to integers', () => {
    expect(usageOf({ prompt_tokens: 10.9, completion_tokens: 3.2 })).toMatchObject({
      inputTokens: 10,
      outputTokens: 3,
    });
  });

  it('is complete without token details', () => {
    expect(usageOf({ prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 })).toMatchObject({
      inputTokens: 19,
      cachedInputTokens: 0,
      outputTokens: 10,
      reasoningTokens: 0,
      clamped: false,
      derived: false,
    });
  });
});

describe('skimming a chat completion', () => {
  const isSkimmed = (completion: object, indent = 0): boolean =>
    chatCompletions.skimResponse!(JSON.stringify(completion, null, indent), emptyResponse());

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
  ])('falls back to the parser if a response has %s', (_, part) => {
    expect(isSkimmed({ ...COMPLETION, ...part })).toBe(false);
  });

  it('falls back to the parser for a truncated response', () => {
    const json = JSON.stringify(COMPLETION);
    expect(chatCompletions.skimResponse!(json.slice(0, -1), emptyResponse())).toBe(false);
  });
});

describe('an error in the body of a chat completion', () => {
  it.each<[unknown, ResponseDraft['error']]>([
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
