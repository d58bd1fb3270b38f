import type OpenAI from 'openai';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import type { JsonObject } from '../json/json-value.js';
import { countsToUsage, toUsage } from '../to-usage.js';
import { images } from './images.js';
import { NO_HEADERS } from '../headers.js';

// Shapes: types of openai 7 (`resources/images`), values as in the API reference, “The image generation response” and
// “Image streaming events”.
const RESPONSE: OpenAI.ImagesResponse = {
  created: 1_713_833_628,
  background: 'transparent',
  data: [{ b64_json: 'iVBORw0KGgo=' }],
  output_format: 'png',
  quality: 'high',
  size: '1024x1024',
  usage: {
    total_tokens: 4210,
    input_tokens: 50,
    output_tokens: 4160,
    input_tokens_details: { text_tokens: 10, image_tokens: 40 },
    output_tokens_details: { text_tokens: 100, image_tokens: 4060 },
  },
};

const LOOK = {
  b64_json: 'iVBORw0KGgo=',
  created_at: 1_620_000_000,
  size: '1024x1024',
  quality: 'high',
  background: 'transparent',
  output_format: 'png',
} as const;

const PARTIAL: OpenAI.ImageGenPartialImageEvent = {
  type: 'image_generation.partial_image',
  partial_image_index: 0,
  ...LOOK,
};
const COMPLETED: OpenAI.ImageGenCompletedEvent = {
  type: 'image_generation.completed',
  ...LOOK,
  usage: {
    total_tokens: 100,
    input_tokens: 50,
    output_tokens: 50,
    input_tokens_details: { text_tokens: 10, image_tokens: 40 },
  },
};

function readBody(body: unknown): ResponseDraft {
  const response = emptyResponse();
  images.readResponse(body as JsonObject, response);
  return response;
}

function readEvents(events: readonly unknown[]): ResponseDraft {
  const response = emptyResponse();
  for (const event of events)
    images.readEvent(typeof event === 'string' ? event : JSON.stringify(event), response, null);
  return response;
}

describe('OpenAI Images', () => {
  it('reads text and image tokens', () => {
    const response = readBody(RESPONSE);
    expect(response).toMatchObject({
      model: null,
      finish: null,
      complete: true,
      error: null,
      iterations: null,
    });
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 50,
      imageInputTokens: 40,
      outputTokens: 4160,
      imageOutputTokens: 4060,
      clamped: false,
      source: 'provider',
    });
  });

  it('counts all output as image tokens if there is no breakdown', () => {
    const { output_tokens_details: _, ...usage } = RESPONSE.usage!;
    expect(readBody({ ...RESPONSE, usage }).usage).toMatchObject({
      outputTokens: 4160,
      imageOutputTokens: 4160,
    });
  });

  it('adds the usage of the model that writes SVG images', () => {
    const svg_usage: OpenAI.ImagesResponse.SvgUsage = {
      model: 'gpt-5.4',
      input_tokens: 900,
      output_tokens: 3000,
      reasoning_tokens: 1200,
      total_tokens: 3900,
    };
    const response = readBody({ ...RESPONSE, output_format: 'svg', svg_usage });
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 950,
      outputTokens: 7160,
      reasoningTokens: 1200,
      clamped: false,
    });
    expect(response.iterations!.map(({ model, usage }) => [model, countsToUsage(usage)])).toMatchObject([
      [null, { inputTokens: 50, outputTokens: 4160, imageOutputTokens: 4060 }],
      ['gpt-5.4', { inputTokens: 900, outputTokens: 3000, imageOutputTokens: 0 }],
    ]);
  });

  it('reports missing usage for a model priced per image', () => {
    // DALL·E: only `created` and `data`.
    const response = readBody({ created: 1_589_478_378, data: [{ url: 'https://example.com/cat.png' }] });
    expect(response.complete).toBe(true);
    expect(toUsage(response, true, () => images.inputBytes({ prompt: 'A cat' })).source).toBe('missing');
  });

  it.each([
    ['generated', PARTIAL, COMPLETED],
    [
      'edited',
      { ...PARTIAL, type: 'image_edit.partial_image' } satisfies OpenAI.ImageEditPartialImageEvent,
      { ...COMPLETED, type: 'image_edit.completed' } satisfies OpenAI.ImageEditCompletedEvent,
    ],
  ])('reads the usage of the last event of a stream of images that are %s', (_, partial, completed) => {
    const begun = readEvents([partial, partial]);
    expect(begun).toMatchObject({ outputChunks: 2, complete: false, usage: { outputTokens: null } });
    const response = readEvents([partial, partial, completed]);
    expect(response).toMatchObject({ complete: true, error: null });
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 50,
      imageInputTokens: 40,
      outputTokens: 50,
      imageOutputTokens: 50,
      source: 'provider',
    });
  });

  it('reads an error of the body or of an event without its text', () => {
    const error: OpenAI.ErrorObject = {
      message: 'Your request about the prompt was rejected by the safety system.',
      type: 'image_generation_user_error',
      param: null,
      code: 'moderation_blocked',
    };
    const sent = [{ error }, { type: 'error', error }, { ...error, type: 'error' }];
    for (const response of [readBody(sent[0]), ...sent.map((event) => readEvents([PARTIAL, event]))]) {
      expect(response).toMatchObject({ error: { code: 'moderation_blocked' }, complete: false });
      expect(JSON.stringify(response)).not.toContain('the prompt');
    }
  });

  it.each(['', 'null', '[]', '{"cut', '{}', '{"usage":7}'])('ignores the event %j', (data) => {
    expect(readEvents([PARTIAL, data])).toEqual(readEvents([PARTIAL]));
  });

  it('recognizes requests by their keys and reads the number of images', () => {
    const request: OpenAI.ImageGenerateParams = { model: 'gpt-image-1', prompt: 'A cat', n: 2 };
    expect(images.accepts(new Set(Object.keys(request)), '')).toBe(true);
    expect(images.accepts(new Set(['image', 'n']), 'https://api.openai.com/v1/images/variations')).toBe(true);
    expect(images.accepts(new Set(['file']), '')).toBe(false);
    expect(images.readRequest({ ...request }, '/v1/images/generations', NO_HEADERS)).toEqual({
      model: 'gpt-image-1',
      stream: false,
      choiceCount: 2,
      outputType: 'image',
    });
  });
});
