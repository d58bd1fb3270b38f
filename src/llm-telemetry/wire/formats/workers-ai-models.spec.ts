import '../../../../test/support/loaded-wire.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import { LOOK_ALIKE, readModelRequest } from '../exchanges/model-request.js';
import { NO_HEADERS } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import type { WireFormat } from './format.js';

const RUN = 'https://api.cloudflare.com/client/v4/accounts/a/ai/run/';

/** Returns the format and the parameters of a request to a model; `null` if it is in no format. */
function read(model: string, body: JsonObject | FormData): { format: WireFormat; parameters: object } | null {
  const url = RUN + model;
  const headers = { authorization: 'Bearer k' };
  const sent = body instanceof FormData ? body : JSON.stringify(body);
  const request = readModelRequest(formatOfPath(url)!, url, { method: 'POST', headers, body: sent });
  return request === null || request === LOOK_ALIKE ? null : request;
}

function respond({ format }: { format: WireFormat }, request: JsonObject, result: JsonObject): ResponseDraft {
  const response = emptyResponse();
  format.readResponse({ result, success: true, errors: [], messages: [] }, response);
  format.readRequestUsage?.(request, response);
  return response;
}

describe('the operation of a model of Workers AI', () => {
  it.each<[string, string, JsonObject]>([
    ['image_generation', '@cf/bytedance/stable-diffusion-xl-lightning', { prompt: 'a cat' }],
    ['image_generation', '@cf/lykon/dreamshaper-8-lcm', { prompt: 'a cat' }],
    ['image_generation', '@cf/leonardo/phoenix-1.0', { prompt: 'a cat' }],
    ['transcription', '@cf/openai/whisper-tiny-en', { audio: [73, 68] }],
    ['speech', '@cf/deepgram/aura-2-en', { text: 'Hi' }],
    ['speech', '@cf/myshell-ai/melotts', { prompt: 'Hi' }],
    ['rerank', '@cf/baai/bge-m3', { query: 'q', contexts: [{ text: 'a' }] }],
    ['embeddings', '@cf/baai/bge-m3', { text: ['a'] }],
    ['embeddings', '@cf/google/embeddinggemma-300m', { text: 'a' }],
    ['text_completion', '@cf/meta/llama-3.1-8b-instruct', { prompt: 'Hi' }],
    ['chat', '@cf/meta/llama-3.1-8b-instruct', { messages: [] }],
  ])('is %s for %s', (operation, model, body) => {
    const request = read(model, body);
    expect(request).toMatchObject({ format: { operation }, parameters: { model } });
    expect(() => request!.format.readEvent('{}', emptyResponse(), null)).not.toThrow();
  });

  it.each<[string, JsonObject]>([
    ['@cf/meta/m2m100-1.2b', { text: 'Hi', target_lang: 'fr' }],
    ['@cf/huggingface/distilbert-sst-2-int8', { text: 'good' }],
    ['@cf/deepgram/flux', { encoding: 'linear16' }],
  ])('is unknown for %s', (model, body) => {
    expect(read(model, body)).toBeNull();
  });

  it('is read from a form', () => {
    const form = new FormData();
    form.append('prompt', 'a cat');
    form.append('seed', '7');
    expect(read('@cf/black-forest-labs/flux-2-dev', form)).toMatchObject({
      format: { operation: 'image_generation' },
      parameters: { seed: 7, outputType: 'image' },
    });
  });
});

describe('what a model of Workers AI bills', () => {
  it('is unknown for an image, which has no tokens', () => {
    const body = { prompt: 'a cat' };
    const request = read('@cf/black-forest-labs/flux-1-schnell', body)!;
    const response = respond(request, body, { image: 'iVBO' });
    expect(response).toMatchObject({ hasContent: true, complete: true });
    expect(toUsage(response, true, () => request.format.inputBytes(body)).source).toBe('missing');
  });

  it('is the length of the audio that is transcribed', () => {
    const body = { audio: 'SUQz' };
    const request = read('@cf/openai/whisper-large-v3-turbo', body)!;
    const result = { text: 'Hi', transcription_info: { duration: 1.5 } };
    expect(respond(request, body, result).usage).toMatchObject({ audioSeconds: 1.5, inputTokens: 0 });
    expect(
      toUsage(respond(request, body, { text: '' }), true, () => request.format.inputBytes(body)),
    ).toMatchObject({
      source: 'missing',
    });
  });

  it('is the characters of a spoken text, with surrogate pairs as one', () => {
    const body = { text: 'Hi 👋' };
    const request = read('@cf/deepgram/aura-1', body)!;
    expect(respond(request, body, {}).usage.spokenCharacters).toBe(4);
    expect(respond(request, { text: 5 }, {}).usage.inputTokens).toBeNull();
    expect(request.format.inputBytes(body)).toBeNull();
  });

  it('is the usage of a ranking and of embeddings if a response has one', () => {
    const body = { query: 'q', contexts: [{ text: 'abc' }, { text: 'd' }] };
    const request = read('@cf/baai/bge-reranker-base', body)!;
    expect(request.format.inputBytes(body)).toBe(6);
    const result = { response: [{ id: 0, score: 1 }], usage: { prompt_tokens: 12 } };
    expect(respond(request, body, result).usage).toMatchObject({ inputTokens: 12, outputTokens: 0 });
  });
});

describe('content of the models of Workers AI', () => {
  it.each<[string, JsonObject, JsonObject, string]>([
    ['@cf/openai/whisper', { audio: 'SUQz' }, { text: 'Hi' }, 'Hi'],
    [
      '@cf/deepgram/nova-3',
      { audio: 'SUQz' },
      { results: { channels: [{ alternatives: [{ transcript: 'Hi' }] }, { alternatives: [{}] }, {}] } },
      'Hi\n\n',
    ],
  ])('has the transcript of %s', (model, body, result, text) => {
    const reader = read(model, body)!.format.content!(1000);
    reader.readResponse({ result });
    expect(reader.output()).toMatchObject([{ parts: [{ type: 'text', content: text }] }]);
  });

  it.each<[string, JsonObject]>([
    ['@cf/lykon/dreamshaper-8-lcm', { prompt: 'Hi' }],
    ['@cf/deepgram/aura-1', { text: 'Hi' }],
    ['@cf/myshell-ai/melotts', { prompt: 'Hi' }],
    ['@cf/baai/bge-m3', { text: 'Hi' }],
    ['@cf/baai/bge-m3', { query: 'Hi', contexts: [] }],
  ])('has the input of %s', (model, body) => {
    const { input } = read(model, body)!.format.content!(1000).readRequest(body);
    expect(input).toMatchObject([{ parts: [{ type: 'text', content: 'Hi' }] }]);
  });
});

describe('an error of a model of Workers AI', () => {
  it('is read from a response with status 200', () => {
    const { format } = read('@cf/lykon/dreamshaper-8-lcm', { prompt: 'a' })!;
    const response = emptyResponse();
    format.readResponse({ success: false, errors: [{ code: 5000, message: 'AiError: x' }] }, response);
    expect(response.error).not.toBeNull();
    expect(response.complete).toBe(false);
    expect(format.readRequest({}, RUN, NO_HEADERS).model).toBeNull();
  });
});
