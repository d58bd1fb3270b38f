import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import {
  currentLlmCall,
  LlmTelemetry,
  type CallRecord,
  type LlmTelemetryOptions,
  type RecordedResponse,
} from 'nestjs-llm-telemetry';
import { registerWireFormat } from 'nestjs-llm-telemetry/wire';
import OpenAI, { AzureOpenAI, toFile } from 'openai';
import * as undici from 'undici';
import { COLUMNS, ROWS } from '../sdks/table.js';
import { chat, message } from '../support/prompts.js';
import { CollectedMetrics } from '../support/metrics.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/**
 * The claims of docs/capture.md, in the order of the page.
 *
 * Proven elsewhere:
 * - Each format against the bill; requests that generate nothing → test/capture/formats.e2e-spec.ts
 * - Servers that speak Chat Completions (Ollama, vLLM, OpenRouter, LiteLLM, …) → test/capture/compatible-servers.e2e-spec.ts
 * - "Each of these SDKs runs the same scenarios, with the same results" → test/sdks/sdks.e2e-spec.ts
 * - Cron jobs, queues, microservices, GraphQL, WebSockets, scripts → test/contexts
 * - "Your code reads the stream alone", endings → test/capture/body-reading-pace.e2e-spec.ts, test/capture/body-reading-ends.e2e-spec.ts
 * - Every argument of `fetch`, every kind of result, the SDKs with and without the library → test/differential
 * - `includeStreamUsage` → test/capture/stream-usage.e2e-spec.ts
 * - Records by hand → test/capture/by-hand.e2e-spec.ts
 * - Two `traceparent` headers → test/telemetry/conventions.e2e-spec.ts
 * - Clients built before the import → test/capture/process.e2e-spec.ts
 * - Streams left open by the AI SDK, errors in the middle of its streams → test/sdks
 */

const NAME = { feature: 'docs', operation: 'capture' };
const ASK = { model: 'gpt-4o-mini', input: 'Say hello.' };
const spans = new CollectedSpans();

let telemetry: TelemetryApp;
let openai: OpenAI;
let anthropic: Anthropic;
async function start(options: LlmTelemetryOptions = {}): Promise<void> {
  spans.clear();
  telemetry = await startTelemetryApp({ options });
  openai = telemetry.get(OpenAI);
  anthropic = telemetry.get(Anthropic);
}
afterEach(() => telemetry?.stop());

async function recordOf(work: () => unknown): Promise<CallRecord> {
  await telemetry
    .get(LlmTelemetry)
    .run(NAME, async () => void (await work()))
    .catch(() => {});
  await telemetry.flush();
  return telemetry.records.at(-1)!;
}

async function drain(stream: PromiseLike<AsyncIterable<unknown>>): Promise<number> {
  let chunks = 0;
  for await (const _ of await stream) chunks++;
  return chunks;
}

/** A server that answers every request with one body. */
async function serve(
  body: string,
  headers: Record<string, string>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, headers).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const post = (url: string, body: object): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

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
  ])('records %s with the usage of the bill', async (_format, ask) => {
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

  it('recognizes the format, whatever wrote the request', async () => {
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

  it('records an API of the application by one object', async () => {
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

  it('are tested in the versions that the page names', () => {
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

  it('are 14 clients, with 56 scenarios', () => {
    expect([ROWS.length, COLUMNS.length]).toEqual([56, 14]);
  });

  it('return the original Response', async () => {
    await recordOf(async () => {
      const response = await post(`${telemetry.emulator.url}/v1/chat/completions`, chat());
      expect(Object.getPrototypeOf(response)).toBe(Response.prototype);
      expect(await response.json()).toMatchObject({ object: 'chat.completion' });
    });
  });

  it('that send after the call has ended make another call with the same name', async () => {
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

  it('that the application leaves, aborts, does not read, or that are cut end once', async () => {
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

  it('of Chat Completions have no usage unless it is requested: it is estimated', async () => {
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

  it('have their usage with includeStreamUsage, and the application sees the stream that it requested', async () => {
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

describe('the cost that a proxy reports', () => {
  it('is beside the own cost, in the span and the record', async () => {
    await start();
    const body = JSON.stringify({
      id: 'gen-1',
      object: 'chat.completion',
      model: 'gpt-4o-mini',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11, cost: 0.5 },
    });
    const json = { 'content-type': 'application/json' };
    const ask = (url: string) => async () => (await post(`${url}/v1/chat/completions`, chat())).json();
    await serve(body, json, async (url) => {
      const { providerCostUsd, cost } = await recordOf(ask(url));
      expect(providerCostUsd).toBe(0.5);
      expect(cost.costUsd).not.toBe(0.5);
    });
    expect((await spans.calls())[0]!.attributes['llm.provider_cost_usd']).toBe(0.5);
    await serve(
      body.replace(',"cost":0.5', ''),
      { ...json, 'x-litellm-response-cost': '0.25' },
      async (url) => expect((await recordOf(ask(url))).providerCostUsd).toBe(0.25),
    );
  });
});

describe('responses that are recorded by hand', () => {
  const local: RecordedResponse = { provider: 'openai', model: 'gpt-4o-mini', usage: { inputTokens: 100 } };
  const recorded = (response: unknown): Promise<CallRecord> =>
    recordOf(() => currentLlmCall()!.recordResponse(response as RecordedResponse));

  it('make the same record, span, metrics and price as a response over HTTP', async () => {
    const metrics = new CollectedMetrics().register();
    await start();
    const record = await recorded({ ...local, finishReason: 'stop' });
    expect(record).toMatchObject({
      provider: 'openai',
      usage: { source: 'provider', inputTokens: 100 },
      cost: { source: 'table', costUsd: 0.000015 },
      finishReason: 'stop',
    });
    expect((await spans.attempts()).map(({ name }) => name)).toEqual(['chat gpt-4o-mini']);
    expect(await metrics.sum('llm.cost')).toBe(0.000015);
  });

  it('have a missing usage without usage or without any count', async () => {
    await start();
    for (const usage of [undefined, {}])
      expect((await recorded({ ...local, usage })).usage!.source).toBe('missing');
  });

  it('are clamped and marked if the counts are nonsense, and never throw', async () => {
    await start();
    const parts = [
      { inputTokens: -5, outputTokens: 1 },
      { inputTokens: 10, cachedInputTokens: 20 },
    ];
    for (const usage of parts) {
      const record = await recorded({ ...local, usage });
      expect(record.usage!.clamped).toBe(true);
      expect(record.usage!.inputTokens).toBeGreaterThanOrEqual(record.usage!.cachedInputTokens ?? 0);
    }
    await recordOf(() => {
      for (const nonsense of [null, 5, 'x', {}, { usage: 'x' }])
        expect(() => currentLlmCall()!.recordResponse(nonsense as never)).not.toThrow();
    });
  });

  it('recordError marks a call as failed if its method does not throw', async () => {
    await start();
    const { failure } = await recordOf(() => currentLlmCall()!.recordError(new Error('no'), 'overloaded'));
    expect(failure).toMatchObject({ type: 'overloaded' });
  });
});

describe('clients with a custom fetch', () => {
  it('are captured by wrapFetch, which keeps the own properties and reads the Response of npm undici', async () => {
    await start();
    const own = Object.assign((...args: Parameters<typeof undici.fetch>) => undici.fetch(...args), {
      Response: undici.Response,
    });
    const wrapped = telemetry.get(LlmTelemetry).wrapFetch(own as unknown as typeof fetch);
    expect(Reflect.get(wrapped, 'Response')).toBe(undici.Response);
    const client = openai.withOptions({ fetch: wrapped });
    const { usage, finishReason } = await recordOf(() => client.chat.completions.create(chat()));
    expect({ usage, finishReason }).toMatchObject({ usage: { source: 'provider' }, finishReason: 'stop' });
  });
});

describe('headers', () => {
  it('are not changed: the library adds none', async () => {
    await start();
    const url = `${telemetry.emulator.url}/v1/chat/completions`;
    await recordOf(async () => (await post(url, chat())).json());
    const captured = telemetry.emulator.requests[0]!.headers.map(([name]) => name.toLowerCase());
    expect(captured).not.toContain('traceparent');
    expect(captured.filter((name) => /llm|telemetry/.test(name))).toEqual([]);
  });
});

describe('limits', () => {
  beforeEach(() => start());

  it('getters, proxies and one-shot iterators in the arguments of fetch are not read; the response is recorded', async () => {
    const url = `${telemetry.emulator.url}/v1/chat/completions`;
    const headers = new Headers({ 'content-type': 'application/json', authorization: 'Bearer a' });
    const body = JSON.stringify(chat());
    const sent = async (init: object): Promise<CallRecord> =>
      recordOf(async () => (await fetch(url, init)).json());
    const known = await sent({ method: 'POST', headers: headers.entries(), body });
    expect(known).toMatchObject({ requestModel: chat().model, usage: { source: 'provider' } });
    const unknown = await sent(new Proxy({ method: 'POST', headers, body }, {}));
    expect(unknown).toMatchObject({ requestModel: null, usage: { source: 'provider' } });
  });

  it('streams of Amazon Bedrock, which are AWS frames, have a missing usage', async () => {
    await serve('\0\0\0', { 'content-type': 'application/vnd.amazon.eventstream' }, async (url) => {
      const { attempts } = await recordOf(async () => {
        const path = '/model/anthropic.claude-haiku-4-5-20251001-v1:0/invoke-with-response-stream';
        const { max_tokens, messages } = message();
        const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens, messages };
        await (await post(url + path, body)).arrayBuffer();
      });
      expect(attempts).toMatchObject([{ usage: { source: 'missing' }, cost: { source: 'unknown' } }]);
    });
  });

  it('a background response has a missing usage', async () => {
    const { usage } = await recordOf(() => openai.responses.create({ ...ASK, background: true }));
    expect(usage!.source).toBe('missing');
  });

  it.each(['/v1/responses/compact', '/v1/images/variations', '/v1/audio/speech'])(
    '%s is not recorded',
    async (path) => {
      await serve('{}', { 'content-type': 'application/json' }, async (url) => {
        const body = { ...ASK, prompt: 'x', voice: 'alloy' };
        const { attempts } = await recordOf(async () => (await post(url + path, body)).json());
        expect(attempts).toEqual([]);
      });
    },
  );

  it.each([
    [7, 'provider'],
    [9, 'missing'],
  ])('a JSON body of %d MB that is read as bytes has its usage from: %s', async (megabytes, source) => {
    const completion = JSON.stringify({
      id: 'c-1',
      object: 'chat.completion',
      model: 'gpt-4o-mini',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'x'.repeat(megabytes * 1024 * 1024) },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    });
    await serve(completion, { 'content-type': 'application/json' }, async (url) => {
      const { usage } = await recordOf(async () => {
        const response = await post(`${url}/v1/chat/completions`, chat());
        for await (const _ of response.body!) continue;
      });
      expect(usage!.source).toBe(source);
    });
  });

  it('an error in the middle of a stream that the method returns from is on the attempt', async () => {
    const { attempts, failure } = await recordOf(async () => {
      const stream = await openai.responses.create({
        ...ASK,
        input: '[emulate stream_error after=5]',
        stream: true,
      });
      try {
        for await (const _ of stream) continue;
      } catch {
        // The SDK of this version may throw; the method returns.
      }
    });
    expect(attempts[0]!.failure).not.toBeNull();
    expect(failure).toBeNull();
  });
});
