import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGoogle } from '@ai-sdk/google';
import {
  GoogleGenAI,
  type GenerateContentResponse,
  type GoogleGenAIOptions,
  type Interactions,
} from '@google/genai';
import { GoogleGenerativeAI } from '@google/generative-ai';
import { embedMany, generateText, streamText } from 'ai';
import { LlmTelemetry, type AttemptRecord, type CallRecord } from 'nestjs-llm-telemetry';
import { StubProvider } from '../support/stub-provider.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { all } from './prompts-and-tools.js';

const MODEL = 'gemini-2.5-flash';

/** What the API sends: the class of the SDK without its getters. */
type Sent = Partial<Omit<GenerateContentResponse, 'usageMetadata' | 'candidates'>> &
  Pick<GenerateContentResponse, 'candidates'> & { usageMetadata?: object };

const USAGE = {
  promptTokenCount: 9,
  cachedContentTokenCount: 4,
  candidatesTokenCount: 12,
  thoughtsTokenCount: 30,
  totalTokenCount: 51,
};

function answer(text: string, extra: object = {}, usageMetadata: object = USAGE): Sent {
  return {
    candidates: [
      { content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' as never, index: 0, ...extra },
    ],
    usageMetadata,
    modelVersion: MODEL,
    responseId: 'r1',
  } as Sent;
}

function part(text: string, count: number): Sent {
  return {
    candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0 }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: count, totalTokenCount: 9 + count },
    modelVersion: MODEL,
    responseId: 'r1',
  } as Sent;
}

const EXPECTED_USAGE = {
  inputTokens: 9,
  cachedInputTokens: 4,
  outputTokens: 42,
  reasoningTokens: 30,
  source: 'provider',
};

const json =
  (body: unknown, status = 200) =>
  (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
    response.end(JSON.stringify(body));
  };

/** Sends server-sent events with CRLF, as Google does. Without `end`, the response stays open. */
const sse =
  (events: readonly object[], end = true) =>
  (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) response.write(`data: ${JSON.stringify(event)}\r\n\r\n`);
    if (end) response.end();
  };

const RATE_LIMITED = {
  error: {
    code: 429,
    message: 'You exceeded your current quota.',
    status: 'RESOURCE_EXHAUSTED',
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' }],
  },
};

describe('Google SDKs', () => {
  let telemetry: TelemetryApp;
  let provider: StubProvider;
  let paths: string[];
  beforeAll(async () => {
    provider = await StubProvider.start();
    telemetry = await startTelemetryApp();
  });
  afterAll(async () => {
    await telemetry.stop();
    await provider.stop();
  });
  beforeEach(() => {
    telemetry.records.length = 0;
    paths = [];
  });

  /** Responds to the next requests, in this order. */
  function script(...responses: ReadonlyArray<ReturnType<typeof json>>): void {
    const left = [...responses];
    provider.respond = (request, response) => {
      paths.push(request.url!);
      left.shift()!(request, response);
    };
  }

  async function record(use: () => Promise<unknown>): Promise<CallRecord> {
    await telemetry.get(LlmTelemetry).run({ feature: 'google', operation: 'ask' }, use);
    await telemetry.flush();
    expect(telemetry.records).toHaveLength(1);
    return telemetry.records[0]!;
  }

  async function attempt(use: () => Promise<unknown>): Promise<AttemptRecord> {
    const { attempts } = await record(use);
    expect(attempts).toHaveLength(1);
    return attempts[0]!;
  }

  const genai = (options: GoogleGenAIOptions = {}): GoogleGenAI =>
    new GoogleGenAI({
      apiKey: 'canary-key',
      ...options,
      httpOptions: { baseUrl: provider.url, ...options.httpOptions },
    });

  const failure = async (use: () => Promise<unknown>): Promise<unknown> => {
    try {
      return await use();
    } catch (error) {
      return error;
    }
  };

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

  describe('interactions of @google/genai', () => {
    const usage = {
      total_input_tokens: 9,
      total_cached_tokens: 4,
      total_output_tokens: 12,
      total_thought_tokens: 30,
      total_tokens: 51,
    };
    const interaction = (status: Interactions.Interaction['status'], more: object = {}): object => ({
      id: 'int_1',
      model: MODEL,
      status,
      steps: [{ type: 'model_output', content: [{ type: 'text', text: 'Hello' }] }],
      usage,
      ...more,
    });

    it('records a response', async () => {
      script(json(interaction('completed')));
      const recorded = await attempt(() => genai().interactions.create({ model: MODEL, input: 'hi' }));
      expect(recorded).toMatchObject({
        provider: 'gcp.gemini',
        responseModel: MODEL,
        finishReason: 'stop',
        failure: null,
        usage: EXPECTED_USAGE,
      });
    });

    it('records a stream', async () => {
      const created = {
        event_type: 'interaction.created',
        interaction: { id: 'int_1', model: MODEL, status: 'in_progress' },
      };
      const delta = { event_type: 'step.delta', index: 0, delta: { type: 'text', text: 'Hel' } };
      const completed = {
        event_type: 'interaction.completed',
        interaction: { id: 'int_1', status: 'completed', usage },
      };
      script((_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const event of [created, delta, completed])
          response.write(`event: ${event.event_type}\ndata: ${JSON.stringify(event)}\n\n`);
        response.end('event: done\ndata: [DONE]\n\n');
      });
      const recorded = await attempt(async () => {
        const stream = await genai().interactions.create({ model: MODEL, input: 'hi', stream: true });
        await all(stream);
      });
      expect(recorded).toMatchObject({ ending: 'finished', failure: null, usage: EXPECTED_USAGE });
    });

    it('records the requests of a continued interaction, which are not retries', async () => {
      script(
        json(interaction('requires_continuation', { continuation_token: 't1' })),
        json(interaction('completed')),
      );
      const { attempts } = await record(() => genai().interactions.create({ model: MODEL, input: 'hi' }));
      expect(attempts).toMatchObject([
        { isRetry: false, finishReason: 'paused', failure: null, usage: EXPECTED_USAGE },
        { isRetry: false, finishReason: 'stop', failure: null, usage: EXPECTED_USAGE },
      ]);
    });
  });

  describe('@google/generative-ai', () => {
    const model = () =>
      new GoogleGenerativeAI('canary-key').getGenerativeModel({ model: MODEL }, { baseUrl: provider.url });

    it('records a response and a stream', async () => {
      script(json(answer('Hello')), sse([part('Hel', 1), answer('lo')]));
      const { attempts } = await record(async () => {
        expect((await model().generateContent('hi')).response.text()).toBe('Hello');
        const { stream } = await model().generateContentStream('hi');
        await all(stream);
      });
      expect(attempts).toMatchObject([
        { parameters: { stream: false }, failure: null, usage: EXPECTED_USAGE },
        { parameters: { stream: true }, ending: 'finished', failure: null, usage: EXPECTED_USAGE },
      ]);
    });

    it('records a rate limit', async () => {
      script(json([RATE_LIMITED], 429));
      const recorded = await attempt(() => failure(() => model().generateContent('hi')));
      expect(recorded).toMatchObject({ status: 429, failure: { type: 'rate_limit' }, usage: null });
    });
  });

  describe('@ai-sdk/google', () => {
    const google = () => createGoogle({ apiKey: 'canary-key', baseURL: `${provider.url}/v1beta` });

    it('records a response and a stream', async () => {
      script(json(answer('Hello')), sse([part('Hel', 1), answer('lo')]));
      const { attempts } = await record(async () => {
        expect((await generateText({ model: google()(MODEL), prompt: 'hi' })).text).toBe('Hello');
        expect(await streamText({ model: google()(MODEL), prompt: 'hi' }).text).toBe('Hello');
      });
      expect(attempts).toMatchObject([
        { parameters: { stream: false }, failure: null, usage: EXPECTED_USAGE },
        { parameters: { stream: true }, ending: 'finished', failure: null, usage: EXPECTED_USAGE },
      ]);
    });

    it('estimates embeddings without usage', async () => {
      script(json({ embeddings: [{ values: [0.1] }, { values: [0.2] }] }));
      const recorded = await attempt(() =>
        embedMany({ model: google().embedding('gemini-embedding-001'), values: ['hello', 'you'] }),
      );
      expect(recorded).toMatchObject({ usage: { inputTokens: 2, source: 'estimated' } });
    });

    it('records interactions', async () => {
      script(
        json({
          id: 'int_1',
          model: MODEL,
          status: 'completed',
          steps: [{ type: 'model_output', content: [{ type: 'text', text: 'Hello' }] }],
          usage: {
            total_input_tokens: 9,
            total_cached_tokens: 4,
            total_output_tokens: 12,
            total_thought_tokens: 30,
          },
        }),
      );
      const recorded = await attempt(async () => {
        const { text } = await generateText({ model: google().interactions(MODEL), prompt: 'hi' });
        expect(text).toBe('Hello');
      });
      expect(recorded).toMatchObject({ requestModel: MODEL, failure: null, usage: EXPECTED_USAGE });
    });
  });
});
