import Anthropic, { toFile as anthropicFile } from '@anthropic-ai/sdk';
import { LlmTelemetry, type AttemptRecord, type CallRecord } from 'nestjs-llm-telemetry';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import OpenAI, { AzureOpenAI, toFile } from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { chat, message } from '../support/prompts.js';
import { clients, startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

interface Clients {
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
}

async function all<T>(stream: PromiseLike<AsyncIterable<T>>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of await stream) items.push(item);
  return items;
}

const ASK = { model: 'gpt-4o-mini', input: 'Say hello.' };
const SOUND = (): Promise<File> => toFile(Buffer.alloc(48_000, 7), 'speech.mp3');
const WEATHER = {
  name: 'weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

/** What the SDKs can ask for, and how the last answer ends. */
const USES: Readonly<Record<string, [use: (clients: Clients) => Promise<unknown>, finish: string | null]>> = {
  'a chat completion': [({ openai }) => openai.chat.completions.create(chat()), 'stop'],
  'a chat completion, streamed': [
    ({ openai }) =>
      all(
        openai.chat.completions.create({ ...chat(), stream: true, stream_options: { include_usage: true } }),
      ),
    'stop',
  ],
  'a chat completion of a model that thinks': [
    ({ openai }) => openai.chat.completions.create({ ...chat(), model: 'o4-mini' }),
    'stop',
  ],
  'a response': [({ openai }) => openai.responses.create(ASK), 'stop'],
  'a response, streamed': [({ openai }) => all(openai.responses.create({ ...ASK, stream: true })), 'stop'],
  'a response, by stream()': [({ openai }) => openai.responses.stream(ASK).finalResponse(), 'stop'],
  'a response, parsed': [
    ({ openai }) =>
      openai.responses.parse({
        ...ASK,
        text: { format: zodTextFormat(z.object({ ok: z.boolean() }), 'answer') },
      }),
    'stop',
  ],
  'a response that was thought about': [
    ({ openai }) => all(openai.responses.create({ ...ASK, model: 'gpt-5-mini', stream: true })),
    'stop',
  ],
  'a response that searched the web': [
    ({ openai }) => openai.responses.create({ ...ASK, tools: [{ type: 'web_search' }] }),
    'stop',
  ],
  'a response that calls a tool, streamed': [
    ({ openai }) =>
      all(
        openai.responses.create({
          ...ASK,
          stream: true,
          tools: [{ type: 'function', strict: false, ...WEATHER }],
          tool_choice: 'required',
        }),
      ),
    'tool_calls',
  ],
  'a response that follows another': [
    async ({ openai }) => {
      const first = await openai.responses.create(ASK);
      await openai.responses.create({ ...ASK, previous_response_id: first.id });
    },
    'stop',
  ],
  'a response that is cut short': [
    ({ openai }) => openai.responses.create({ ...ASK, max_output_tokens: 5 }),
    'length',
  ],
  'a response that refuses': [
    ({ openai }) => openai.responses.create({ ...ASK, input: '[emulate refuse]' }),
    'refusal',
  ],
  'a response that is filtered, streamed': [
    ({ openai }) => all(openai.responses.create({ ...ASK, input: '[emulate filter]', stream: true })),
    'content_filter',
  ],
  embeddings: [
    ({ openai }) => openai.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'] }),
    null,
  ],
  'a completion': [
    ({ openai }) =>
      openai.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'Hi', max_tokens: 99 }),
    'stop',
  ],
  'a completion, streamed': [
    ({ openai }) =>
      all(
        openai.completions.create({
          model: 'gpt-3.5-turbo-instruct',
          prompt: ['One', 'Two'],
          stream: true,
          stream_options: { include_usage: true },
        }),
      ),
    'length',
  ],
  'an image': [({ openai }) => openai.images.generate({ model: 'gpt-image-1', prompt: 'A cat', n: 2 }), null],
  'an image, streamed': [
    ({ openai }) =>
      all(openai.images.generate({ model: 'gpt-image-1', prompt: 'A cat', stream: true, partial_images: 2 })),
    null,
  ],
  'an image that is edited': [
    async ({ openai }) =>
      openai.images.edit({
        model: 'gpt-image-1',
        prompt: 'Add a hat',
        image: await toFile(Buffer.from('png'), 'cat.png', { type: 'image/png' }),
      }),
    null,
  ],
  'a transcription': [
    async ({ openai }) =>
      openai.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await SOUND() }),
    null,
  ],
  'a transcription, streamed': [
    async ({ openai }) =>
      all(
        openai.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await SOUND(), stream: true }),
      ),
    null,
  ],
  'a transcription by the second': [
    async ({ openai }) => openai.audio.transcriptions.create({ model: 'whisper-1', file: await SOUND() }),
    null,
  ],
  'a translation': [
    async ({ openai }) => openai.audio.translations.create({ model: 'whisper-1', file: await SOUND() }),
    null,
  ],
  'a message': [({ anthropic }) => anthropic.messages.create(message()), 'stop'],
  'a message, streamed': [
    ({ anthropic }) => all(anthropic.messages.create({ ...message(), stream: true })),
    'stop',
  ],
  ...Object.fromEntries(
    [false, true].flatMap((streamed) => {
      type Body = Anthropic.Beta.Messages.MessageCreateParamsNonStreaming;
      const named = streamed ? ', streamed' : '';
      const send =
        (body: Partial<Body>, text?: string) =>
        ({ anthropic }: Clients): Promise<unknown> => {
          const whole = { ...message(text), max_tokens: 400, ...body } as Body;
          return streamed
            ? anthropic.beta.messages.stream(whole).finalMessage()
            : anthropic.beta.messages.create(whole);
        };
      return Object.entries({
        'a message that was thought about': [
          send({ thinking: { type: 'enabled', budget_tokens: 1024 } }),
          'stop',
        ],
        'a message that searched the web': [
          send({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }),
          'stop',
        ],
        'a message that calls a tool': [
          send({
            tools: [{ name: WEATHER.name, input_schema: WEATHER.parameters as { type: 'object' } }],
            tool_choice: { type: 'any' },
          }),
          'tool_calls',
        ],
        'a message of a closed context': [send({}, 'Say hello. [emulate iterations]'), 'stop'],
        'a message with advice': [send({}, 'Say hello. [emulate advisor]'), 'stop'],
        'a message of another model': [send({}, 'Say hello. [emulate fallback]'), 'stop'],
        'a message that pauses': [send({}, 'Say hello. [emulate pause]'), 'paused'],
        'a message that refuses': [send({}, 'Say hello. [emulate refuse]'), 'refusal'],
      } satisfies Record<string, [ReturnType<typeof send>, string]>).map(([what, use]) => [
        what + named,
        use,
      ]);
    }),
  ),
};

describe('formats', () => {
  let telemetry: TelemetryApp;
  let llm: LlmTelemetry;
  let sdks: Clients;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({ emulatorOptions: { cachedTokens: true, proxyCost: true } });
    llm = telemetry.get(LlmTelemetry);
    sdks = clients(telemetry.emulator);
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => {
    telemetry.records.length = 0;
    telemetry.emulator.reset();
  });

  async function record(use: () => Promise<unknown>): Promise<CallRecord> {
    await llm.run({ feature: 'formats', operation: 'use' }, use);
    await llm.flush();
    expect(telemetry.records).toHaveLength(1);
    return telemetry.records[0]!;
  }

  const onBill = ({ inputTokens, outputTokens, ...entry }: LedgerEntry): object => ({
    requestId: entry.requestId,
    responseModel: entry.model,
    source: 'provider',
    inputTokens,
    cachedInputTokens: entry.cachedInputTokens,
    outputTokens,
    reasoningTokens: entry.reasoningTokens,
    audioSeconds: entry.audioSeconds,
    webSearchRequests: entry.webSearches,
    clamped: false,
  });

  const recorded = ({ requestId, usage, responseModel, requestModel }: AttemptRecord): object => ({
    requestId,
    // Pictures and transcriptions do not say who made them.
    responseModel: responseModel ?? requestModel,
    source: usage!.source,
    inputTokens: usage!.inputTokens,
    cachedInputTokens: usage!.cachedInputTokens,
    outputTokens: usage!.outputTokens,
    reasoningTokens: usage!.reasoningTokens,
    audioSeconds: usage!.audioSeconds,
    webSearchRequests: usage!.webSearchRequests,
    clamped: usage!.clamped,
  });

  it.each(Object.entries(USES))(
    '%s has the usage of the bill on its record',
    async (_what, [use, finish]) => {
      const { attempts, finishReason } = await record(() => use(sdks));
      const bill = telemetry.emulator.ledger.entries();
      expect(attempts.map(recorded)).toEqual(bill.map(onBill));
      expect(finishReason).toBe(finish);
      expect(attempts.every(({ ending }) => ending === 'finished')).toBe(true);
    },
  );

  it('prices each model’s part of a message by that model', async () => {
    const { attempts, cost } = await record(() =>
      sdks.anthropic.beta.messages.create(message('Say hello. [emulate advisor]')),
    );
    const [bill] = telemetry.emulator.ledger.entries();
    // USD per million tokens, from the provider's price list (November 2026).
    const prices = { 'claude-opus-4-6': [5, 25], 'claude-haiku-4-5-20251001': [1, 5] } as const;
    const usd = bill!.iterations.reduce((sum, { model, inputTokens, outputTokens }) => {
      const [input, output] = prices[model as keyof typeof prices];
      return sum + (inputTokens * input + outputTokens * output) / 1e6;
    }, 0);
    expect(cost.source).toBe('table');
    expect(cost.costUsd).toBeCloseTo(usd, 12);
    expect(attempts[0]!.cost).toMatchObject({ pricedAs: 'claude-opus-4-6, claude-haiku-4-5' });
  });

  it('records the cost that a proxy reports beside the calculated cost', async () => {
    for (const use of [
      () => sdks.openai.chat.completions.create(chat()),
      () => sdks.openai.responses.create(ASK),
      () => sdks.openai.embeddings.create({ model: 'text-embedding-3-small', input: 'Hi' }),
    ]) {
      telemetry.records.length = 0;
      telemetry.emulator.reset();
      const { providerCostUsd, cost } = await record(use);
      expect(providerCostUsd).toBe(telemetry.emulator.ledger.entries()[0]!.proxyCostUsd);
      expect(cost.source).toBe('table');
      expect(cost.costUsd).not.toBe(providerCostUsd);
    }
  });

  it('has a missing usage for a response that is generated in the background', async () => {
    const { attempts, finishReason, cost, failure } = await record(async () => {
      const { id } = await sdks.openai.responses.create({ ...ASK, background: true });
      // Asked for again: no generation.
      expect((await sdks.openai.responses.retrieve(id)).status).toBe('completed');
    });
    expect(attempts).toMatchObject([
      {
        finishReason: 'paused',
        providerFinishReasons: ['queued'],
        usage: { source: 'missing' },
        ending: 'finished',
      },
    ]);
    expect([finishReason, cost.source, failure]).toEqual(['paused', 'unknown', null]);
  });

  it('records a response that is generated in the background and streamed', async () => {
    const { attempts } = await record(() =>
      all(sdks.openai.responses.create({ ...ASK, background: true, stream: true })),
    );
    expect(attempts.map(recorded)).toEqual(telemetry.emulator.ledger.entries().map(onBill));
  });

  it('does not estimate input that is stored at the provider', async () => {
    const { id } = await sdks.openai.responses.create(ASK);
    await llm.flush();
    telemetry.records.length = 0;
    const { usage } = await record(async () => {
      const body = {
        ...ASK,
        input: 'More. [emulate stall after=5]',
        previous_response_id: id,
        stream: true,
      } as const;
      for await (const event of await sdks.openai.responses.create(body))
        if (event.type === 'response.output_text.delta') break;
    });
    expect(usage!.source).toBe('missing');
  });

  it.each([false, true])('records a failed response (streamed: %s)', async (stream) => {
    const body = { ...ASK, input: '[emulate failed code=rate_limit_exceeded]' };
    const { failure, finishReason } = await record(() =>
      stream ? all(sdks.openai.responses.create({ ...body, stream })) : sdks.openai.responses.create(body),
    );
    expect(finishReason).toBe('error');
    expect(failure).toMatchObject({ type: 'rate_limit' });
  });

  it('records a response in plain text, which has no usage', async () => {
    const { attempts } = await record(async () =>
      sdks.openai.audio.transcriptions.create({
        model: 'gpt-4o-transcribe',
        file: await SOUND(),
        response_format: 'text',
      }),
    );
    expect(attempts).toMatchObject([
      { operation: 'transcription', usage: { source: 'missing' }, ending: 'finished' },
    ]);
  });

  describe('on cloud platforms', () => {
    /** `fetch` that takes the hosts of providers for the emulator, as a proxy would. */
    const routed = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const { pathname, search } = new URL(input instanceof Request ? input.url : input);
      return fetch(telemetry.emulator.url + pathname + search, init);
    };

    it.each([false, true])('have the provider Azure for a host of Azure (streamed: %s)', async (stream) => {
      const azure = new AzureOpenAI({
        endpoint: 'https://contoso.openai.azure.com',
        apiVersion: '2024-10-21',
        apiKey: 'canary-azure-key',
        maxRetries: 0,
        fetch: llm.wrapFetch(routed),
      });
      const { attempts, cost } = await record(async () =>
        stream
          ? all(azure.chat.completions.create({ ...chat(), stream, stream_options: { include_usage: true } }))
          : azure.chat.completions.create(chat()),
      );
      expect(attempts).toMatchObject([
        {
          provider: 'azure.ai.openai',
          server: { address: 'contoso.openai.azure.com', port: null },
          requestModel: 'gpt-4o-mini',
        },
      ]);
      expect(attempts.map(recorded)).toEqual(telemetry.emulator.ledger.entries().map(onBill));
      expect(cost.source).toBe('table');
      expect(telemetry.emulator.requests[0]!.path).toBe('/openai/deployments/gpt-4o-mini/chat/completions');
    });

    it('have the provider Azure for embeddings and responses, too', async () => {
      const azure = new AzureOpenAI({
        endpoint: 'https://contoso.openai.azure.com',
        apiVersion: '2025-04-01-preview',
        apiKey: 'canary-azure-key',
        fetch: llm.wrapFetch(routed),
      });
      const { attempts } = await record(async () => {
        await azure.embeddings.create({ model: 'text-embedding-3-small', input: 'Hi' });
        await azure.responses.create(ASK);
      });
      expect(attempts.map(({ provider, operation }) => [provider, operation])).toEqual([
        ['azure.ai.openai', 'embeddings'],
        ['azure.ai.openai', 'chat'],
      ]);
      expect(attempts.map(recorded)).toEqual(telemetry.emulator.ledger.entries().map(onBill));
    });

    /** An SDK client that writes requests as @anthropic-ai/vertex-sdk 1 and bedrock-sdk 1 do, and sends them so. */
    function anthropicAt(url: (model: string, stream: boolean) => string, keepsStream: boolean): Anthropic {
      const send = llm.wrapFetch(routed);
      return new Anthropic({
        apiKey: 'canary-key',
        maxRetries: 0,
        fetch: (_input, init) => {
          const { model, stream, ...body } = JSON.parse(init!.body as string) as Record<string, unknown>;
          const sent = { ...body, ...(keepsStream ? { stream } : {}), anthropic_version: 'x-2023' };
          return send(url(model as string, stream === true), { ...init, body: JSON.stringify(sent) });
        },
      });
    }

    it.each([false, true])(
      'have the provider Vertex for a host of Vertex (streamed: %s)',
      async (streamed) => {
        const vertex = anthropicAt(
          (model, stream) =>
            `https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic/models/` +
            `${model}:${stream ? 'streamRawPredict' : 'rawPredict'}`,
          true,
        );
        const body = { ...message(), model: 'claude-haiku-4-5@20251001' };
        const { attempts, cost } = await record(() =>
          streamed ? all(vertex.messages.create({ ...body, stream: true })) : vertex.messages.create(body),
        );
        expect(attempts).toMatchObject([
          {
            provider: 'gcp.vertex_ai',
            requestModel: 'claude-haiku-4-5@20251001',
            parameters: { stream: streamed },
          },
        ]);
        expect(attempts.map(recorded)).toEqual(telemetry.emulator.ledger.entries().map(onBill));
        expect(cost.source).toBe('table');
      },
    );

    const bedrock = (): Anthropic =>
      anthropicAt(
        (model, stream) =>
          `https://bedrock-runtime.us-east-1.amazonaws.com/model/${encodeURIComponent(model)}/` +
          (stream ? 'invoke-with-response-stream' : 'invoke'),
        false,
      );
    const claude = { ...message(), model: 'us.anthropic.claude-haiku-4-5-20251001-v1:0' };

    it('have the provider Bedrock for a host of Bedrock, and the price of its region', async () => {
      const { attempts, cost } = await record(() => bedrock().messages.create(claude));
      const [bill] = telemetry.emulator.ledger.entries();
      expect(attempts).toMatchObject([
        {
          provider: 'aws.bedrock',
          requestModel: claude.model,
          requestId: bill!.requestId,
          usage: { source: 'provider', inputTokens: bill!.inputTokens, outputTokens: bill!.outputTokens },
        },
      ]);
      expect(cost.source).toBe('table');
    });

    it('have a missing usage in AWS event streams, whose bytes are not changed', async () => {
      const { attempts, cost, failure } = await record(async () => {
        const response = await bedrock()
          .messages.create({ ...claude, stream: true })
          .asResponse();
        expect(response.headers.get('content-type')).toBe('application/vnd.amazon.eventstream');
        expect((await response.bytes()).length).toBeGreaterThan(1000);
      });
      expect(attempts).toMatchObject([
        {
          requestModel: claude.model,
          parameters: { stream: true },
          usage: { source: 'missing' },
          ending: 'finished',
        },
      ]);
      expect([cost.source, failure]).toEqual(['unknown', null]);
    });
  });

  it('records no requests that generate nothing', async () => {
    const { openai, anthropic } = sdks;
    const { id } = await openai.responses.create(ASK);
    await llm.flush();
    telemetry.records.length = 0;
    await Promise.allSettled([
      openai.models.list(),
      openai.models.retrieve('gpt-4o-mini'),
      openai.responses.retrieve(id),
      openai.responses.inputItems.list(id),
      openai.responses.inputTokens.count(ASK),
      openai.responses.cancel(id),
      openai.files.create({ purpose: 'batch', file: await toFile(Buffer.from('{}'), 'batch.jsonl') }),
      openai.batches.create({ completion_window: '24h', endpoint: '/v1/responses', input_file_id: 'file-1' }),
      openai.moderations.create({ input: 'Hi' }),
      anthropic.models.list(),
      anthropic.messages.countTokens({ model: 'claude-haiku-4-5', messages: message().messages }),
      anthropic.messages.batches.create({ requests: [{ custom_id: '1', params: message() }] }),
      anthropic.beta.files.upload({ file: await anthropicFile(Buffer.from('x'), 'x.txt') }),
    ]);
    await llm.flush();
    expect(telemetry.emulator.requests).toHaveLength(14);
    expect(telemetry.records).toEqual([]);
  });
});
