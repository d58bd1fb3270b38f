import type { GoogleGenAIOptions } from '@google/genai';
import {
  answer,
  attempt,
  EXPECTED_USAGE,
  failure,
  genai,
  json,
  MODEL,
  part,
  paths,
  RATE_LIMITED,
  record,
  script,
  sse,
  USAGE,
} from './google-app.js';
import { all } from './prompts-and-tools.js';

describe('@google/genai', () => {
  it('records a response', async () => {
    script(json(answer('Hello')));
    const recorded = await attempt(async () => {
      const { text } = await genai().models.generateContent({
        model: MODEL,
        contents: 'hi',
        config: { maxOutputTokens: 99, thinkingConfig: { thinkingBudget: 128 } },
      });
      expect(text).toBe('Hello');
    });
    expect(paths).toEqual([`/v1/models/${MODEL}:generateContent`]);
    expect(recorded).toMatchObject({
      provider: 'gcp.gemini',
      requestModel: MODEL,
      responseModel: MODEL,
      providerFinishReasons: ['STOP'],
      ending: 'finished',
      failure: null,
      usage: EXPECTED_USAGE,
      cost: { source: 'table' },
    });
  });

  it('records a stream', async () => {
    script(sse([part('Hel', 1), answer('lo')]));
    const recorded = await attempt(async () => {
      const stream = await genai().models.generateContentStream({ model: MODEL, contents: 'hi' });
      const texts = (await all(stream)).map(({ text }) => text);
      expect(texts).toEqual(['Hel', 'lo']);
    });
    expect(recorded).toMatchObject({
      parameters: { stream: true },
      ending: 'finished',
      failure: null,
      usage: EXPECTED_USAGE,
    });
  });

  it('records the steps of automatic function calling, which are not retries', async () => {
    const call = { name: 'weather', args: { city: 'Oslo' } };
    script(
      json(answer('', { content: { role: 'model', parts: [{ functionCall: call }] } })),
      json(answer('Rain')),
    );
    const { attempts, finishReason } = await record(async () => {
      const chat = genai().chats.create({
        model: MODEL,
        config: {
          tools: [
            {
              tool: async () => ({ functionDeclarations: [{ name: 'weather' }] }),
              callTool: async () => [{ functionResponse: { name: 'weather', response: { sky: 'grey' } } }],
            },
          ],
        },
      });
      expect((await chat.sendMessage({ message: 'weather?' })).text).toBe('Rain');
    });
    expect(finishReason).toBe('stop');
    expect(attempts).toMatchObject([
      { isRetry: false, finishReason: 'tool_calls', usage: EXPECTED_USAGE },
      { isRetry: false, finishReason: 'stop', usage: EXPECTED_USAGE },
    ]);
  });

  it('records the requests of a continued response, which are not retries', async () => {
    script(
      json(answer('Hel', { finishReason: 'CONTINUATION', continuationToken: 't1' })),
      json(answer('lo')),
    );
    const { attempts } = await record(async () => {
      await genai().models.generateContent({ model: MODEL, contents: 'hi' });
    });
    expect(attempts).toMatchObject([
      { isRetry: false, finishReason: 'paused', failure: null, usage: EXPECTED_USAGE },
      { isRetry: false, finishReason: 'stop', failure: null, usage: EXPECTED_USAGE },
    ]);
  });

  it('records a stream that the application leaves', async () => {
    script(sse([part('Hel', 1)], false));
    const recorded = await attempt(async () => {
      const stream = await genai().models.generateContentStream({ model: MODEL, contents: 'hi' });
      for await (const { text } of stream) if (text) break;
    });
    expect(recorded).toMatchObject({
      ending: 'left',
      failure: null,
      usage: { inputTokens: 9, outputTokens: 1 },
    });
  });

  it('records a rate limit and the retry after it', async () => {
    script(json(RATE_LIMITED, 429), json(answer('Hello')));
    const { attempts } = await record(async () => {
      const retryOptions = { attempts: 2, initialDelay: 0.01 } as object;
      await genai({ httpOptions: { retryOptions } }).models.generateContent({
        model: MODEL,
        contents: 'hi',
      });
    });
    expect(attempts).toMatchObject([
      { isRetry: false, status: 429, retryAfterMs: 34_000, failure: { type: 'rate_limit' }, usage: null },
      { isRetry: true, failure: null, usage: EXPECTED_USAGE },
    ]);
  });

  it('records the type of an invalid key, which has the status 400', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }];
    script(json({ error: { code: 400, message: 'm', status: 'INVALID_ARGUMENT', details } }, 400));
    const recorded = await attempt(() =>
      failure(() => genai().models.generateContent({ model: MODEL, contents: 'hi' })),
    );
    expect(recorded).toMatchObject({ failure: { type: 'auth' } });
  });

  it('ends at an error event inside a stream, whose connection stays open', async () => {
    script(sse([part('Hel', 1), { error: { code: 503, message: 'm', status: 'UNAVAILABLE' } }], false));
    const recorded = await attempt(async () => {
      const stream = await genai().models.generateContentStream({ model: MODEL, contents: 'hi' });
      expect(await failure(() => all(stream))).toBeInstanceOf(Error);
    });
    expect(recorded).toMatchObject({ ending: 'failed', failure: { type: 'overloaded' } });
    expect(recorded.durationMs).toBeLessThan(5000);
  });

  it('records embeddings', async () => {
    script(json({ embeddings: [{ values: [0.1] }], usageMetadata: { promptTokenCount: 3 } }));
    const model = 'gemini-embedding-001';
    const recorded = await attempt(() => genai().models.embedContent({ model, contents: ['hello'] }));
    expect(recorded).toMatchObject({
      requestModel: model,
      failure: null,
      usage: { inputTokens: 3, outputTokens: 0, source: 'provider' },
      cost: { source: 'table' },
    });
  });

  it('makes no record of token counting', async () => {
    script(json({ totalTokens: 3 }));
    const { attempts } = await record(() => genai().models.countTokens({ model: MODEL, contents: 'hi' }));
    expect(attempts).toEqual([]);
  });

  it.each<[string, GoogleGenAIOptions, string]>([
    ['in express mode', { vertexai: true, apiKey: 'canary-key' }, '/publishers/google/models/'],
    [
      'with a project',
      {
        vertexai: true,
        project: 'p',
        location: 'us-central1',
        apiKey: undefined,
        googleAuthOptions: {
          authClient: {
            getRequestHeaders: async () => new Headers({ authorization: 'Bearer t' }),
          } as never,
        },
      },
      '/projects/p/locations/us-central1/publishers/google/models/',
    ],
  ])('records Vertex AI %s', async (_, options, path) => {
    script(json(answer('Hello', {}, { ...USAGE, trafficType: 'ON_DEMAND' })));
    const recorded = await attempt(() =>
      genai(options).models.generateContent({ model: MODEL, contents: 'hi' }),
    );
    expect(paths[0]).toContain(path);
    expect(recorded).toMatchObject({
      provider: 'gcp.vertex_ai',
      requestModel: MODEL,
      usage: { ...EXPECTED_USAGE, serviceTier: 'ON_DEMAND' },
      cost: { source: 'table' },
    });
  });
});
