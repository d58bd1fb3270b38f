import type OpenAI from 'openai';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import type { JsonObject } from '../json/json-value.js';
import { toUsage } from '../to-usage.js';
import { completions } from './completions.js';

type Choice = OpenAI.CompletionChoice;

// Shape: types of openai 7 (`resources/completions`), values as in the API reference, “The completion object”.
const COMPLETION: OpenAI.Completion = {
  id: 'cmpl-uqkvlQyYK7bGYrRHQ0eXlWi7',
  object: 'text_completion',
  created: 1_589_478_378,
  model: 'gpt-3.5-turbo-instruct',
  choices: [choice('This is indeed a test', 'length')],
  usage: {
    prompt_tokens: 5,
    completion_tokens: 7,
    total_tokens: 12,
    prompt_tokens_details: { cached_tokens: 4 },
  },
};

function choice(text: string, reason: Choice['finish_reason'] | null, index = 0): Choice {
  // `null` occurs in the middle of a stream, although the types omit it.
  return { text, index, logprobs: null, finish_reason: reason as Choice['finish_reason'] };
}

function chunk(choices: Choice[], usage?: OpenAI.CompletionUsage): OpenAI.Completion {
  return { ...COMPLETION, choices, usage };
}

function readBody(body: unknown): ResponseDraft {
  const response = emptyResponse();
  completions.readResponse(body as JsonObject, response);
  return response;
}

function readEvents(events: readonly unknown[]): ResponseDraft {
  const response = emptyResponse();
  for (const event of events)
    completions.readEvent(typeof event === 'string' ? event : JSON.stringify(event), response, null);
  return response;
}

describe('OpenAI Completions', () => {
  it('reads the usage of the body', () => {
    const response = readBody(COMPLETION);
    expect(response).toMatchObject({
      id: COMPLETION.id,
      model: COMPLETION.model,
      finish: 'length',
      finishReasons: ['length'],
      outputBytes: 21,
      complete: true,
    });
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 5,
      cachedInputTokens: 4,
      outputTokens: 7,
      source: 'provider',
    });
  });

  it('reads the usage of the last chunk of a stream', () => {
    const response = readEvents([
      chunk([choice('“Wörter”', null)]),
      chunk([choice(' and', null)]),
      chunk([choice('', 'stop')]),
      chunk([], COMPLETION.usage),
      '[DONE]',
    ]);
    expect(response).toMatchObject({ finish: 'stop', outputChunks: 2, outputBytes: 17, complete: true });
    expect(toUsage(response, true, () => null)).toMatchObject({ inputTokens: 5, outputTokens: 7 });
  });

  it('estimates the usage of a stream without usage', () => {
    const response = readEvents([chunk([choice('12345678', null)]), chunk([choice('', 'stop')]), '[DONE]']);
    expect(
      toUsage(response, true, () => completions.inputBytes({ prompt: ['1234', '56789'] })),
    ).toMatchObject({
      inputTokens: 3,
      outputTokens: 2,
      source: 'estimated',
    });
  });

  it.each<[string, string]>([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['abort', 'error'],
  ])('normalizes the finish reason %s to %s', (reason, finish) => {
    const choices = [choice('x', reason as Choice['finish_reason'])];
    for (const response of [readBody({ ...COMPLETION, choices }), readEvents([chunk(choices)])])
      expect(response).toMatchObject({ finish, finishReasons: [reason] });
  });

  it('uses the most severe finish reason of several choices', () => {
    const choices = [choice('a', 'stop'), choice('b', 'length', 1)];
    expect(readBody({ ...COMPLETION, choices })).toMatchObject({
      finish: 'length',
      finishReasons: ['stop', 'length'],
    });
  });

  it('reads an error of the body or of an event', () => {
    const error: OpenAI.ErrorObject = {
      message: 'Something.',
      type: 'server_error',
      param: null,
      code: null,
    };
    for (const response of [readBody({ error }), readEvents([chunk([choice('x', null)]), { error }])])
      expect(response).toMatchObject({ error: { type: 'server_error' }, complete: false });
  });

  it.each(['', 'null', '[]', '{"cut', '{}', '{"choices":[null,1]}'])('ignores the event %j', (data) => {
    const before = [chunk([choice('x', null)])];
    expect(readEvents([...before, data])).toEqual(readEvents(before));
  });

  it('recognizes requests by their keys', () => {
    expect(completions.accepts(new Set(['model', 'prompt']), '')).toBe(true);
    expect(completions.accepts(new Set(['model', 'messages']), '')).toBe(false);
  });
});
