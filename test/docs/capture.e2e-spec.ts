import { readFileSync } from 'node:fs';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import { registerWireFormat } from 'nestjs-llm-telemetry/wire';
import OpenAI, { AzureOpenAI, toFile } from 'openai';
import { COLUMNS, ROWS } from '../sdks/table.js';
import { chat, message } from '../support/prompts.js';
import {
  anthropic,
  ASK,
  openai,
  post,
  recordOf,
  serve,
  spans,
  start,
  telemetry,
} from './support/captured-clients.js';

/**
 * Verifies the claims of docs/capture.md, in the order of the page.
 *
 * Tested elsewhere:
 * - Each format against the bill; requests that generate nothing → test/capture/formats.e2e-spec.ts
 * - Servers that speak Chat Completions (Ollama, vLLM, OpenRouter, LiteLLM, …) → test/capture/compatible-servers.e2e-spec.ts
 * - "Each of these SDKs runs the same scenarios, with the same results" → test/sdks/sdks.e2e-spec.ts
 * - Cron jobs, queues, microservices, GraphQL, WebSockets, scripts → test/contexts
 * - "Only your code reads the stream", endings → test/capture/body-reading-pace.e2e-spec.ts, test/capture/body-reading-ends.e2e-spec.ts
 * - Every argument of `fetch`, every kind of result, the SDKs with and without the library → test/differential
 * - `includeStreamUsage` → test/capture/stream-usage.e2e-spec.ts
 * - Recording by hand → test/capture/record-response.e2e-spec.ts
 * - Two `traceparent` headers → test/telemetry/one-usage-per-operation.e2e-spec.ts
 * - Clients created before the import → test/capture/process.e2e-spec.ts
 * - Streams left open by the AI SDK, errors in the middle of its streams → test/sdks
 */

async function drain(stream: PromiseLike<AsyncIterable<unknown>>): Promise<number> {
  let chunks = 0;
  for await (const _ of await stream) chunks++;
  return chunks;
}

describe('formats', () => {
  beforeEach(() => start());

  it.each<[string, () => Promise<unknown>]>([
    ['Chat Completions', () => openai.chat.completions.create(chat())],
    ['Responses', () => openai.responses.create(ASK)],
    ['Embeddings', () => openai.embeddings.create({ model: 'text-embedding-3-small', input: 'hello' })],
    [
      'legacy Completions',
      () => openai.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'Hi' }),
    ],
    ['Images', () => openai.images.generate({ model: 'gpt-image-1', prompt: 'A cup.' })],
    [
      'audio transcriptions',
      async () =>
        openai.audio.transcriptions.create({
          model: 'gpt-4o-mini-transcribe',
          file: await toFile(Buffer.alloc(32_000), 'hello.wav'),
        }),
    ],
    [
      'audio translations',
      async () =>
        openai.audio.translations.create({
          model: 'whisper-1',
          file: await toFile(Buffer.alloc(32_000), 'hello.wav'),
          response_format: 'verbose_json',
        }),
    ],
    ['Messages', () => anthropic.messages.create(message())],
    ['beta Messages', () => anthropic.beta.messages.create(message())],
  ])('records %s with the billed usage', async (_format, ask) => {
    const { usage, attempts } = await recordOf(ask);
    const [bill] = telemetry.emulator.ledger.entries();
    expect(attempts).toHaveLength(1);
    expect(usage).toMatchObject({
      source: 'provider',
      inputTokens: bill!.inputTokens,
      outputTokens: bill!.outputTokens,
      audioSeconds: bill!.audioSeconds,
    });
  });

  it('recognizes the format regardless of the client that created the request', async () => {
    const { attempts } = await recordOf(async () =>
      (await post(`${telemetry.emulator.url}/v1/chat/completions`, chat())).json(),
    );
    expect(attempts).toMatchObject([{ requestModel: 'gpt-4o-mini', usage: { source: 'provider' } }]);
  });

  it('recognizes Azure OpenAI by its host', async () => {
    const routed: typeof fetch = (input, init) =>
      fetch(telemetry.emulator.url + new URL(input as string).pathname, init);
    const azure = new AzureOpenAI({
      endpoint: 'https://contoso.openai.azure.com',
      apiVersion: '2024-10-21',
      apiKey: 'canary-azure-key',
      fetch: telemetry.get(LlmTelemetry).wrapFetch(routed),
    });
    expect((await recordOf(() => azure.chat.completions.create(chat()))).provider).toBe('azure.ai.openai');
  });

  it('does not record requests that generate nothing', async () => {
    const { id } = await openai.responses.create(ASK);
    await telemetry.flush();
    telemetry.records.length = 0;
    await Promise.allSettled([
      openai.models.list(),
      openai.responses.retrieve(id),
      openai.files.create({ purpose: 'batch', file: await toFile(Buffer.from('{}'), 'batch.jsonl') }),
      openai.batches.create({ completion_window: '24h', endpoint: '/v1/responses', input_file_id: 'f' }),
      anthropic.messages.countTokens({ model: 'claude-haiku-4-5', messages: message().messages }),
    ]);
    await telemetry.flush();
    expect(telemetry.records).toEqual([]);
  });

  it('records an API of the application with one object', async () => {
    registerWireFormat({
      operation: 'rerank',
      provider: 'own',
      matches: (path) => path.endsWith('/docs-rank'),
      accepts: (keys) => keys.has('documents'),
      requestKeys: new Set(['model']),
      readRequest: ({ model }) => ({ model: String(model), stream: false }),
      inputBytes: () => null,
      readResponse: ({ tokens }, answer) => {
        answer.usage.inputTokens = tokens as number;
        answer.usage.outputTokens = 0;
        answer.complete = true;
      },
      readEvent: () => {},
    });
    await serve('{"tokens":42}', { 'content-type': 'application/json' }, async (url) => {
      const ask = async () => (await post(`${url}/docs-rank`, { model: 'r-1', documents: [] })).json();
      expect(await recordOf(ask)).toMatchObject({
        provider: 'own',
        model: 'r-1',
        usage: { inputTokens: 42 },
      });
    });
  });
});

describe('SDKs', () => {
  beforeEach(() => start());

  it('are tested in the documented versions', () => {
    const { dependencies } = JSON.parse(
      readFileSync(new URL('../sdks/package.json', import.meta.url), 'utf8'),
    ) as { dependencies: Record<string, string> };
    expect(dependencies).toMatchObject({
      'openai-5': expect.stringContaining('@5.'),
      'openai-6': expect.stringContaining('@6.'),
      'openai-7': expect.stringContaining('@7.'),
      'anthropic-0': expect.stringContaining('@0.137.'),
      'anthropic-1': expect.stringContaining('@1.'),
      ai: expect.stringMatching(/^7\./),
      '@langchain/core': expect.stringMatching(/^1\./),
    });
  });

  it('are 14 clients with 56 scenarios', () => {
    expect([ROWS.length, COLUMNS.length]).toEqual([56, 14]);
  });

  it('return the original Response', async () => {
    await recordOf(async () => {
      const response = await post(`${telemetry.emulator.url}/v1/chat/completions`, chat());
      expect(Object.getPrototypeOf(response)).toBe(Response.prototype);
      expect(await response.json()).toMatchObject({ object: 'chat.completion' });
    });
  });

  it('record a request that is sent after the call has ended as another call with the same name', async () => {
    let late: Promise<unknown> = Promise.resolve();
    await recordOf(() =>
      Promise.all([
        Promise.reject(new Error('one half fails')),
        (late = new Promise((resolve) => setTimeout(resolve, 50)).then(() =>
          openai.chat.completions.create(chat()),
        )),
      ]),
    );
    await late;
    await telemetry.flush();
    expect(
      telemetry.records.map(({ feature, operation, attempts }) => [feature, operation, attempts.length]),
    ).toEqual([
      ['docs', 'capture', 0],
      ['docs', 'capture', 1],
    ]);
  });
});

describe('streams', () => {
  const streamed = (options?: OpenAI.ChatCompletionStreamOptions): Promise<number> =>
    drain(
      openai.chat.completions.create({
        ...chat(),
        stream: true,
        ...(options ? { stream_options: options } : {}),
      }),
    );

  it('end once if they are abandoned, aborted, not read or cut', async () => {
    await start();
    const create = (fault: string, options?: OpenAI.RequestOptions) =>
      openai.chat.completions.create({ ...chat(`[emulate ${fault}] A story.`), stream: true }, options);
    const endingOf = async (work: () => unknown): Promise<unknown> =>
      (await recordOf(work)).attempts[0]!.ending;
    expect(await endingOf(() => drain(create('none')))).toBe('finished');
    expect(
      await endingOf(async () => {
        for await (const _ of await create('stall after=9')) break;
      }),
    ).toBe('left');
    expect(await endingOf(() => create('none').asResponse())).toBe('unread');
    expect(await endingOf(() => drain(create('cut after=9')))).toBe('cut');
    expect(telemetry.records).toHaveLength(4);
  });

  it('of Chat Completions have estimated usage unless usage is requested', async () => {
    await start();
    const { usage } = await recordOf(() => streamed());
    expect(usage!.source).toBe('estimated');
    const requested = await recordOf(() => streamed({ include_usage: true }));
    expect(requested.usage!.source).toBe('provider');
    const attributes = (await spans.calls()).map((span) => span.attributes['llm.usage_source']);
    expect(attributes).toEqual(['estimated', 'provider']);
  });

  it('are estimated at one token per four bytes of text', async () => {
    await start();
    const ask = { ...chat('[emulate none] x'), stream: true } as const;
    let bytes = 0;
    const { usage } = await recordOf(async () => {
      for await (const chunk of await openai.chat.completions.create(ask))
        bytes += Buffer.byteLength(chunk.choices[0]?.delta.content ?? '');
    });
    expect(usage!.outputTokens).toBe(Math.ceil(bytes / 4));
  });

  it('have usage with includeStreamUsage, and the application receives the stream that it requested', async () => {
    await start();
    const without = await streamed();
    await telemetry.stop();
    await start({ includeStreamUsage: true });
    let withUsage = 0;
    const { usage } = await recordOf(async () => (withUsage = await streamed()));
    expect(usage!.source).toBe('provider');
    expect(withUsage).toBe(without);
  });
});
