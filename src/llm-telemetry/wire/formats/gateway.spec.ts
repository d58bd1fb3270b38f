import '../../../../test/support/loaded-wire.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import type { HeaderGetter } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import type { WireFormat } from './format.js';
import { gatewayLanguage } from './gateway-language.js';
import {
  gatewayEmbedding,
  gatewayImage,
  gatewayReranking,
  gatewayTranscription,
  gatewayVideo,
} from './gateway-models.js';

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

function headersOf(headers: Readonly<Record<string, string>>): HeaderGetter {
  return { get: (name) => headers[name] ?? null };
}

// Shapes: types of @ai-sdk/provider 4 (`LanguageModelV4GenerateResult`, `LanguageModelV4StreamPart`).
const USAGE = {
  inputTokens: { total: 100, noCache: 60, cacheRead: 30, cacheWrite: 10 },
  outputTokens: { total: 50, text: 20, reasoning: 30 },
};
const METADATA = {
  openai: { responseId: 'resp_1' },
  gateway: { generationId: 'gen_01K', cost: '0.0000405', routing: { finalProvider: 'openai' } },
};
const CALL = { type: 'tool-call', toolCallId: 'c1', toolName: 'find', input: '{"q":1}' };

describe('language models of the Vercel AI Gateway', () => {
  it('reads model and streaming from the headers of a request', () => {
    const headers = headersOf({
      'ai-language-model-id': 'openai/gpt-5-mini',
      'ai-language-model-streaming': 'true',
    });
    const body = {
      prompt: [],
      maxOutputTokens: 9,
      topP: 0.4,
      stopSequences: ['x'],
      reasoning: 'low',
      responseFormat: { type: 'json', schema: {} },
    };
    expect(gatewayLanguage.readRequest(body, '', headers)).toMatchObject({
      model: 'openai/gpt-5-mini',
      stream: true,
      maxTokens: 9,
      topP: 0.4,
      stopSequences: ['x'],
      reasoningEffort: 'low',
      outputType: 'json',
    });
    const plain = gatewayLanguage.readRequest({ reasoning: 'provider-default' }, '', headersOf({}));
    expect(plain).toMatchObject({ model: null, stream: false, reasoningEffort: undefined });
  });

  it.each(['/v1/ai', '/v3/ai', '/v4/ai'])('has its path below %s', (base) => {
    expect(formatOfPath(`https://ai-gateway.vercel.sh${base}/language-model`)).toBe(gatewayLanguage);
  });

  it('reads usage, finish reason and cost of a response', () => {
    const response = readBody(gatewayLanguage, {
      content: [{ type: 'text', text: 'Hello' }, CALL],
      finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
      usage: USAGE,
      response: { id: 'resp_1', modelId: 'openai/gpt-5-mini' },
      providerMetadata: METADATA,
    });
    expect(response).toMatchObject({
      id: 'resp_1',
      model: 'openai/gpt-5-mini',
      finish: 'tool_calls',
      finishReasons: ['tool_calls'],
      complete: true,
      hasContent: true,
    });
    expect(response.usage.providerCostUsd).toBe(0.0000405);
    expect(toUsage(response, true, () => null)).toMatchObject({
      inputTokens: 100,
      cachedInputTokens: 30,
      cacheWriteTokens5m: 10,
      outputTokens: 50,
      reasoningTokens: 30,
      clamped: false,
    });
  });

  it('reads the flat usage of older versions', () => {
    const usage = {
      inputTokens: 10,
      outputTokens: 5,
      totalTokens: 15,
      reasoningTokens: 2,
      cachedInputTokens: 4,
    };
    const response = readBody(gatewayLanguage, {
      content: [{ type: 'text', text: 'x' }],
      finishReason: 'stop',
      usage,
    });
    expect(response).toMatchObject({ finish: 'stop', finishReasons: ['stop'] });
    expect(response.usage).toMatchObject({
      inputTokens: 10,
      outputTokens: 5,
      reasoningTokens: 2,
      cachedInputTokens: 4,
    });
  });

  const STREAM = [
    { type: 'stream-start', warnings: [] },
    { type: 'response-metadata', id: 'resp_1', modelId: 'gpt-5-mini-2025-08-07' },
    { type: 'reasoning-delta', id: '0', delta: 'Hm' },
    { type: 'text-start', id: '1' },
    { type: 'text-delta', id: '1', delta: 'Hel' },
    { type: 'text-delta', id: '1', delta: 'lo' },
    { type: 'tool-input-delta', id: 'c1', delta: '{"q":1}' },
    CALL,
    {
      type: 'finish',
      usage: USAGE,
      finishReason: { unified: 'stop', raw: undefined },
      providerMetadata: METADATA,
    },
  ];

  it('completes a stream at finish and keeps the requested model if the response names no vendor', () => {
    expect(readEvents(gatewayLanguage, STREAM.slice(0, -1)).complete).toBe(false);
    const response = readEvents(gatewayLanguage, STREAM);
    expect(response).toMatchObject({
      id: 'resp_1',
      model: null,
      finish: 'stop',
      outputChunks: 4,
      complete: true,
    });
    expect(response.usage).toMatchObject({ inputTokens: 100, providerCostUsd: 0.0000405 });
    const reader = gatewayLanguage.content!(100);
    for (const event of STREAM) reader.readEvent(event);
    expect(reader.output()).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Hm' },
          { type: 'text', content: 'Hello' },
          { type: 'tool_call', id: 'c1', name: 'find', arguments: '{"q":1}' },
        ],
        finish_reason: 'stop',
      },
    ]);
  });

  it('reads content of a response and of a request', () => {
    const reader = gatewayLanguage.content!(100);
    reader.readResponse({
      content: [{ type: 'reasoning', text: 'Hm' }, { type: 'text', text: 'Hi' }, CALL],
      finishReason: 'stop',
    });
    expect(reader.output()[0]?.parts).toHaveLength(3);
    const { system, input } = reader.readRequest({
      prompt: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hi' },
            { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'iVBOR' } },
            { type: 'file', mediaType: 'image/png', data: { type: 'url', url: 'https://x.example/y.png' } },
          ],
        },
        { role: 'assistant', content: [{ type: 'reasoning', text: 'Hm' }, CALL, { type: 'custom' }] },
        {
          role: 'tool',
          content: [{ type: 'tool-result', toolCallId: 'c1', output: { type: 'text', value: 'found' } }],
        },
      ],
    });
    expect(system).toEqual([{ type: 'text', content: 'Be brief.' }]);
    expect(input.map(({ parts }) => parts.map(({ type }) => type))).toEqual([
      ['text', 'blob', 'uri'],
      ['reasoning', 'tool_call'],
      ['tool_call_response'],
    ]);
  });

  it.each([
    [{ error: { message: 'no', type: 'rate_limit_exceeded' }, generationId: 'gen_1' }],
    [{ type: 'error', error: { message: 'no', type: 'rate_limit_exceeded' } }],
  ])('reads the error %j', (body) => {
    expect(readEvents(gatewayLanguage, [body]).error).toMatchObject({ type: 'rate_limit_exceeded' });
    expect(readBody(gatewayLanguage, body).error).toMatchObject({ type: 'rate_limit_exceeded' });
  });

  it('ignores a cost that is no amount', () => {
    const providerMetadata = { gateway: { cost: 'free' } };
    expect(readBody(gatewayLanguage, { providerMetadata }).usage.providerCostUsd).toBeNull();
  });
});

describe('other models of the Vercel AI Gateway', () => {
  it('reads tokens of embeddings, whole or without parsing the vectors', () => {
    const body = { embeddings: [[0.1]], usage: { tokens: 8 }, providerMetadata: METADATA };
    const response = readBody(gatewayEmbedding, body);
    expect(response.usage).toMatchObject({ inputTokens: 8, outputTokens: 0, providerCostUsd: 0.0000405 });
    expect(response).toMatchObject({ id: 'gen_01K', complete: true, hasContent: true });
    const skimmed = emptyResponse();
    expect(gatewayEmbedding.skimResponse!(JSON.stringify(body), skimmed)).toBe(true);
    expect(skimmed).toEqual(response);
    expect(gatewayEmbedding.inputBytes({ values: ['abc'] })).toBe(3);
    const headers = headersOf({ 'ai-model-id': 'openai/text-embedding-3-small' });
    expect(gatewayEmbedding.readRequest({ dimensions: 64 }, '', headers)).toMatchObject({
      model: 'openai/text-embedding-3-small',
      dimensions: 64,
    });
  });

  it('keeps the cost of an image without usage', () => {
    const response = readBody(gatewayImage, { images: ['iVBOR'], providerMetadata: METADATA });
    expect(response).toMatchObject({ complete: true, hasContent: true });
    expect(toUsage(response, true, () => null).source).toBe('missing');
    expect(gatewayImage.readRequest({ n: 2 }, '', headersOf({}))).toMatchObject({
      choiceCount: 2,
      outputType: 'image',
    });
  });

  it('reads the duration of a transcription without usage', () => {
    const response = readBody(gatewayTranscription, { text: 'Hi', durationInSeconds: 2.5 });
    expect(response.usage).toMatchObject({ inputTokens: 0, audioSeconds: 2.5 });
  });

  it('reads a ranking', () => {
    const body = { ranking: [{ index: 0, relevanceScore: 1 }] };
    expect(readBody(gatewayReranking, body)).toMatchObject({ complete: true, hasContent: true });
    expect(gatewayReranking.inputBytes({ query: 'x' })).toBeNull();
  });

  it('reads a video after pings, and errors', () => {
    const result = { type: 'result', videos: [{ type: 'url', url: 'https://x.example/v.mp4' }] };
    expect(readEvents(gatewayVideo, [{ type: 'ping' }]).complete).toBe(false);
    expect(readEvents(gatewayVideo, [{ type: 'ping' }, result])).toMatchObject({ complete: true });
    const error = { type: 'error', message: 'no', errorType: 'rate_limit_exceeded', statusCode: 429 };
    expect(readEvents(gatewayVideo, [error]).error).toMatchObject({ type: 'rate_limit_exceeded' });
    expect(readBody(gatewayVideo, { error: 'no' }).error).not.toBeNull();
    expect(formatOfPath('https://ai-gateway.vercel.sh/v4/ai/video-model/start')).toBe(gatewayVideo);
    expect(formatOfPath('https://ai-gateway.vercel.sh/v4/ai/video-model/status')).toBeNull();
  });
});
