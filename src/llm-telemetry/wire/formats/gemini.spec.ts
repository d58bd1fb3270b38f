import { NO_HEADERS } from '../headers.js';
import type { JsonObject } from '../json/json-value.js';
import { emptyResponse, type ResponseDraft } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import type { Usage } from '../usage.js';
import { gemini } from './gemini.js';

// Shapes: types of @google/genai 3 (`GenerateContentResponse`).

function read(body: object): ResponseDraft {
  const response = emptyResponse();
  gemini.readResponse(body as JsonObject, response);
  return response;
}

function readStream(...chunks: object[]): ResponseDraft {
  const response = emptyResponse();
  for (const chunk of chunks) gemini.readEvent(JSON.stringify(chunk), response, null);
  return response;
}

const usageOf = (response: ResponseDraft): Usage => toUsage(response, true, () => 40);

const candidate = (parts: object[], finishReason?: string): object => ({
  content: { role: 'model', parts },
  ...(finishReason === undefined ? {} : { finishReason }),
  index: 0,
});

describe('Gemini usage', () => {
  it('adds results of tools to the input and thoughts to the output', () => {
    // Source: https://github.com/QuantumNous/new-api/issues/2935
    const usage = usageOf(
      read({
        candidates: [candidate([{ text: 'x' }], 'STOP')],
        usageMetadata: {
          promptTokenCount: 151,
          candidatesTokenCount: 1089,
          totalTokenCount: 20689,
          toolUsePromptTokenCount: 18329,
          thoughtsTokenCount: 1120,
          promptTokensDetails: [{ modality: 'TEXT', tokenCount: 151 }],
          toolUsePromptTokensDetails: [{ modality: 'TEXT', tokenCount: 18329 }],
        },
        modelVersion: 'gemini-3-flash-preview',
      }),
    );
    expect(usage).toMatchObject({
      inputTokens: 18480,
      outputTokens: 2209,
      reasoningTokens: 1120,
      clamped: false,
      source: 'provider',
    });
    expect(usage.inputTokens + usage.outputTokens).toBe(20689);
  });

  it('keeps the cached tokens of an earlier chunk if the last one omits them', () => {
    // Source: https://github.com/OpenMinis/OpenMinis/issues/384
    const response = readStream(
      {
        candidates: [candidate([{ text: 'a' }])],
        usageMetadata: { promptTokenCount: 5000, cachedContentTokenCount: 4096, totalTokenCount: 5000 },
      },
      {
        candidates: [candidate([{ text: 'b' }], 'STOP')],
        usageMetadata: {
          promptTokenCount: 5000,
          candidatesTokenCount: 30,
          thoughtsTokenCount: 766,
          totalTokenCount: 5796,
        },
      },
    );
    expect(usageOf(response)).toMatchObject({
      inputTokens: 5000,
      cachedInputTokens: 4096,
      outputTokens: 796,
      reasoningTokens: 766,
    });
  });

  it('takes the last counts of a stream, which are cumulative', () => {
    // Source: https://github.com/docker/docker-agent/pull/1855
    const chunk = (count: number, finish?: string): object => ({
      candidates: [candidate([{ text: 'x' }], finish)],
      usageMetadata: { promptTokenCount: 9, candidatesTokenCount: count, totalTokenCount: 9 + count },
    });
    const response = readStream(chunk(1), chunk(5), chunk(12, 'STOP'));
    expect(usageOf(response)).toMatchObject({ inputTokens: 9, outputTokens: 12, source: 'provider' });
    expect(response).toMatchObject({ complete: true, outputChunks: 3 });
  });

  it('reads a response that Cloud Code wraps', () => {
    // Source: https://github.com/agentgateway/agentgateway/pull/2813
    const response = readStream({
      response: {
        candidates: [candidate([{ text: 'x' }], 'STOP')],
        usageMetadata: {
          promptTokenCount: 30460,
          candidatesTokenCount: 3,
          totalTokenCount: 30550,
          thoughtsTokenCount: 87,
        },
        modelVersion: 'gemini-3.6-flash',
      },
      traceId: 't',
    });
    expect(response.model).toBe('gemini-3.6-flash');
    expect(usageOf(response)).toMatchObject({ inputTokens: 30460, outputTokens: 90, reasoningTokens: 87 });
    const request = { model: 'gemini-3.6-flash', request: { generationConfig: { temperature: 1 } } };
    expect(
      gemini.readRequest(request, 'https://proxy.internal/v1internal:streamGenerateContent', NO_HEADERS),
    ).toMatchObject({ model: 'gemini-3.6-flash', stream: true, temperature: 1 });
  });

  it('derives output that ProtoJSON omits because it is 0', () => {
    const usage = usageOf(
      read({
        candidates: [candidate([], 'MAX_TOKENS')],
        usageMetadata: { promptTokenCount: 21, thoughtsTokenCount: 60, totalTokenCount: 81 },
      }),
    );
    expect(usage).toMatchObject({
      inputTokens: 21,
      outputTokens: 60,
      reasoningTokens: 60,
      source: 'provider',
    });
  });

  it('estimates the output of a stream that was left before it was counted', () => {
    const response = readStream({
      candidates: [candidate([{ text: 'four' }])],
      usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 },
    });
    expect(usageOf(response)).toMatchObject({ inputTokens: 9, outputTokens: 1, source: 'estimated' });
  });

  it('does not add thoughts that the total shows to be part of the candidates', () => {
    const usage = usageOf(
      read({
        candidates: [candidate([{ text: 'x' }], 'STOP')],
        usageMetadata: {
          promptTokenCount: 10,
          candidatesTokenCount: 50,
          thoughtsTokenCount: 30,
          totalTokenCount: 60,
        },
      }),
    );
    expect(usage).toMatchObject({ inputTokens: 10, outputTokens: 50, reasoningTokens: 30 });
  });

  it('flags counts that do not add up to the total', () => {
    const usageMetadata = {
      promptTokenCount: 10,
      candidatesTokenCount: 50,
      thoughtsTokenCount: 30,
      totalTokenCount: 70,
    };
    const response = read({ candidates: [candidate([{ text: 'x' }], 'STOP')], usageMetadata });
    expect(usageOf(response)).toMatchObject({ inputTokens: 10, outputTokens: 80, clamped: true });
  });

  it('reads cached audio and images apart from those that were sent', () => {
    const usage = usageOf(
      read({
        candidates: [candidate([{ inlineData: { mimeType: 'image/png', data: 'x' } }], 'STOP')],
        usageMetadata: {
          promptTokenCount: 600,
          cachedContentTokenCount: 100,
          candidatesTokenCount: 1300,
          totalTokenCount: 1900,
          promptTokensDetails: [
            { modality: 'TEXT', tokenCount: 42 },
            { modality: 'AUDIO', tokenCount: 300 },
            { modality: 'IMAGE', tokenCount: 258 },
          ],
          cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 100 }],
          candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
        },
      }),
    );
    expect(usage).toMatchObject({
      audioInputTokens: 200,
      imageInputTokens: 258,
      cachedInputTokens: 0,
      cachedAudioInputTokens: 100,
      imageOutputTokens: 1290,
      clamped: false,
    });
  });

  it('ignores a breakdown of cached tokens by modality that exceeds their number', () => {
    const usageMetadata = {
      promptTokenCount: 600,
      cachedContentTokenCount: 50,
      totalTokenCount: 600,
      cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 100 }],
    };
    expect(usageOf(read({ candidates: [], usageMetadata }))).toMatchObject({
      cachedInputTokens: 0,
      cachedAudioInputTokens: 50,
    });
  });

  it('reads the tier from the usage, else from the header', () => {
    const response = emptyResponse();
    gemini.readHeaders!({ get: (name) => (name === 'x-gemini-service-tier' ? 'standard' : null) }, response);
    expect(response.usage.serviceTier).toBe('standard');
    gemini.readResponse({ usageMetadata: { trafficType: 'ON_DEMAND_FLEX' } }, response);
    expect(response.usage.serviceTier).toBe('ON_DEMAND_FLEX');
  });

  it.each([
    ['gemini-3-pro-preview', 2],
    ['gemini-2.5-flash', 1],
    ['gemini-1.5-pro-002', 1],
  ])('counts the searches of %s as they are charged', (modelVersion, count) => {
    const groundingMetadata = {
      webSearchQueries: ['a', 'b'],
      groundingChunks: [{ maps: { uri: 'https://maps.google.com/' } }],
    };
    const chunk = {
      candidates: [{ ...candidate([{ text: 'x' }], 'STOP'), groundingMetadata }],
      modelVersion,
    };
    // Repeated in each chunk of a stream.
    const { usage } = readStream(chunk, chunk);
    expect(usage).toMatchObject({ webSearchRequests: count, toolUses: { google_maps: 1 } });
  });

  it('counts no search if the tool was only declared', () => {
    const { usage } = read({
      candidates: [{ ...candidate([{ text: 'x' }], 'STOP'), groundingMetadata: {} }],
    });
    expect(usage).toMatchObject({ webSearchRequests: 0, toolUses: {} });
  });
});

describe('Gemini finish reasons', () => {
  it.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['MODEL_ARMOR', 'content_filter'],
    ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
    ['MALFORMED_FUNCTION_CALL', 'error'],
    ['MISSING_THOUGHT_SIGNATURE', 'error'],
    ['CONTINUATION', 'paused'],
    ['NO_IMAGE', 'no_image'],
    ['OTHER', 'other'],
  ])('reads %s as %s', (reason, finish) => {
    const response = read({ candidates: [candidate([{ text: 'x' }], reason)] });
    expect(response).toMatchObject({ finish, finishReasons: [reason], complete: true });
  });

  it('reads a function call in an earlier chunk as tool_calls', () => {
    const call = { functionCall: { name: 'weather', args: { city: 'Oslo' } } };
    const response = readStream(
      { candidates: [candidate([call])] },
      { candidates: [candidate([{ text: '' }], 'STOP')] },
    );
    expect(response).toMatchObject({ finish: 'tool_calls', hasContent: true, complete: true });
  });

  it('does not finish a stream by a function call alone', () => {
    const response = readStream({ candidates: [candidate([{ functionCall: { name: 'f', args: {} } }])] });
    expect(response).toMatchObject({ finish: null, complete: false });
  });

  it('reads a blocked prompt as content_filter', () => {
    const body = {
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 },
    };
    expect(read(body)).toMatchObject({ finish: 'content_filter', finishReasons: ['PROHIBITED_CONTENT'] });
    expect(readStream(body)).toMatchObject({ finish: 'content_filter', complete: true });
    expect(usageOf(read(body))).toMatchObject({ inputTokens: 4, outputTokens: 0, source: 'provider' });
  });

  it('reads a response without parts as empty', () => {
    expect(read({ candidates: [{ content: { role: 'model' }, finishReason: 'STOP' }] })).toMatchObject({
      hasContent: false,
      finish: 'stop',
    });
    expect(read({ candidates: [candidate([{ thoughtSignature: 'abc' }], 'STOP')] }).hasContent).toBe(false);
  });
});

describe('Gemini errors', () => {
  it.each([
    [
      { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'q' },
      { type: 'RESOURCE_EXHAUSTED', code: null },
    ],
    [
      { code: 400, status: 'INVALID_ARGUMENT', message: 'm', details: [{ reason: 'API_KEY_INVALID' }] },
      { type: 'INVALID_ARGUMENT', code: 'API_KEY_INVALID' },
    ],
    [
      {
        code: 400,
        status: 'INVALID_ARGUMENT',
        message: 'The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).',
      },
      { hint: 'context_window_exceeded' },
    ],
  ])('reads %j in a response and in a stream', (error, expected) => {
    expect(read({ error }).error).toMatchObject(expected);
    const response = readStream({ candidates: [candidate([{ text: 'x' }])] }, { error });
    expect(response).toMatchObject({ error: expected, complete: false });
  });
});
