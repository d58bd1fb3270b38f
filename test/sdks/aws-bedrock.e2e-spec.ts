import { bareFetch } from '../support/bare-fetch.js';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  type BedrockRuntimeClientConfig,
  type ConverseCommandInput,
} from '@aws-sdk/client-bedrock-runtime';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';
import { LlmTelemetry, type AttemptRecord, type CallRecord } from 'nestjs-llm-telemetry';
import { startProviderEmulator, type ProviderEmulator } from 'nestjs-llm-telemetry/testing';
import { uncaptured } from '../support/uncaptured.js';
import { RecordCollector } from '../support/record-collector.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { startHttp2Proxy, type Http2Proxy } from './http2-proxy.js';

/**
 * Runs the AWS SDK with each of its request handlers, with and without `observeAwsClient`: results are the same, and each
 * try is an attempt that matches the bill.
 */

// The SDK waits before it retries.
import.meta.jest.setTimeout(30_000);

const NOVA = 'us.amazon.nova-lite-v1:0';
const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const PROMPT = 'How many orders are late?';

/** A client and its provider. */
interface Side {
  readonly client: BedrockRuntimeClient;
  readonly emulator: ProviderEmulator;
}

const HANDLERS: Record<string, () => BedrockRuntimeClientConfig['requestHandler']> = {
  'HTTP/2': () => new NodeHttp2Handler(),
  'node:http': () => new NodeHttpHandler(),
  fetch: () => new FetchHttpHandler(),
};

function converse(prompt = PROMPT, more: Partial<ConverseCommandInput> = {}): ConverseCommandInput {
  return { modelId: NOVA, messages: [{ role: 'user', content: [{ text: prompt }] }], ...more };
}

async function collect<T>(events: AsyncIterable<T> | undefined): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events!) all.push(event);
  return all;
}

async function streamed({ client }: Side, prompt = PROMPT): Promise<unknown[]> {
  return collect((await client.send(new ConverseStreamCommand(converse(prompt)))).stream);
}

function invoke(modelId: string, body: object): { modelId: string; body: string } {
  return { modelId, body: JSON.stringify(body) };
}

describe.each(Object.keys(HANDLERS))('the AWS SDK over %s', (transport) => {
  const records = new RecordCollector();
  const proxies: Http2Proxy[] = [];
  let telemetry: TelemetryApp;
  let llm: LlmTelemetry;
  let seen: Side;
  let bare: Side;

  beforeAll(async () => {
    telemetry = await startTelemetryApp({ options: { onCall: records.onCall } });
    llm = telemetry.get(LlmTelemetry);
  });
  afterAll(() => telemetry.stop());

  async function startSide(): Promise<Side> {
    const emulator = await startProviderEmulator({ cachedTokens: true });
    let endpoint = emulator.url;
    if (transport === 'HTTP/2') {
      const proxy = await startHttp2Proxy(endpoint);
      proxies.push(proxy);
      endpoint = proxy.url;
    }
    const client = new BedrockRuntimeClient({
      region: 'us-east-1',
      endpoint,
      credentials: { accessKeyId: 'AKIAcanary', secretAccessKey: 'canary' },
      requestHandler: HANDLERS[transport]!(),
      maxAttempts: 2,
    });
    return { client, emulator };
  }

  beforeEach(async () => {
    records.clear();
    telemetry.logger.entries.length = 0;
    [seen, bare] = await Promise.all([startSide(), startSide()]);
    llm.observeAwsClient(seen.client);
  });
  afterEach(async () => {
    for (const { client } of [seen, bare]) client.destroy();
    await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
    await Promise.all([seen, bare].map(({ emulator }) => emulator.stop()));
    const fault = telemetry.logger.entries.find(({ text }) => text.includes('Telemetry error'));
    if (fault) throw new Error(fault.text);
  });

  /** Runs `use` on both sides, and expects the same result or error. Returns the record. */
  async function compare<T>(
    use: (side: Side) => Promise<T>,
    options: { flush?: true } = {},
  ): Promise<CallRecord> {
    const observed = await outcomeOf(() => llm.run({ feature: 'sdks', operation: 'use' }, () => use(seen)));
    if (options.flush) await llm.flush();
    const record = await records.only();
    expect(observed).toEqual(await withBareFetch(() => outcomeOf(() => use(bare))));
    return record;
  }

  /** Expects that an attempt matches the bill of its request. */
  function expectBilled({ requestId, usage, provider }: AttemptRecord): void {
    const bill = seen.emulator.ledger.entries().find((entry) => entry.requestId === requestId);
    expect({ ...usage, provider }).toMatchObject({
      source: 'provider',
      provider: 'aws.bedrock',
      inputTokens: bill!.inputTokens,
      outputTokens: bill!.outputTokens,
      cachedInputTokens: bill!.cachedInputTokens,
    });
  }

  it('captures Converse', async () => {
    const inferenceConfig = { maxTokens: 300, temperature: 0.2 };
    const { attempts, cost } = await compare(({ client }) =>
      client.send(new ConverseCommand(converse(PROMPT, { inferenceConfig }))),
    );
    expect(attempts).toMatchObject([
      {
        requestModel: NOVA,
        parameters: { stream: false, ...inferenceConfig },
        status: 200,
        ending: 'finished',
        finishReason: 'stop',
        isRetry: false,
        failure: null,
      },
    ]);
    expectBilled(attempts[0]!);
    expect(cost.source).toBe('table');
  });

  it('captures ConverseStream with the time of its first token', async () => {
    const { attempts, timeToFirstTokenMs } = await compare((side) => streamed(side));
    expect(attempts).toMatchObject([
      { requestModel: NOVA, parameters: { stream: true }, ending: 'finished', finishReason: 'stop' },
    ]);
    expectBilled(attempts[0]!);
    expect(timeToFirstTokenMs).toBeGreaterThan(0);
  });

  it('captures cache writes and reads', async () => {
    const system = [
      { text: 'You know all orders. '.repeat(50) },
      { cachePoint: { type: 'default' as const } },
    ];
    const { attempts } = await compare(async ({ client }) => {
      for (const _ of ['write', 'read']) await client.send(new ConverseCommand(converse(PROMPT, { system })));
    });
    attempts.forEach((attempt) => expectBilled(attempt));
    expect(attempts.map(({ isRetry }) => isRetry)).toEqual([false, false]);
    expect(attempts[0]!.usage!.cacheWriteTokens5m).toBeGreaterThan(100);
    expect(attempts[1]!.usage!.cachedInputTokens).toBe(attempts[0]!.usage!.cacheWriteTokens5m);
  });

  it('captures a tool call', async () => {
    const inputSchema = { json: { type: 'object', properties: { id: { type: 'string' } } } };
    const toolConfig = { tools: [{ toolSpec: { name: 'find', inputSchema } }], toolChoice: { any: {} } };
    const { attempts, finishReason } = await compare(async ({ client }) => {
      const { stream } = await client.send(new ConverseStreamCommand(converse(PROMPT, { toolConfig })));
      return collect(stream);
    });
    expect(finishReason).toBe('tool_calls');
    expectBilled(attempts[0]!);
  });

  it.each<[string, string, object]>([
    [
      'Anthropic',
      HAIKU,
      {
        anthropic_version: 'bedrock-2023-05-31',
        max_tokens: 99,
        messages: [{ role: 'user', content: PROMPT }],
      },
    ],
    ['Nova', NOVA, { messages: [{ role: 'user', content: [{ text: PROMPT }] }] }],
    ['Llama', 'meta.llama3-1-8b-instruct-v1:0', { prompt: PROMPT, max_gen_len: 99 }],
    [
      'Titan',
      'amazon.titan-text-express-v1',
      { inputText: PROMPT, textGenerationConfig: { maxTokenCount: 99 } },
    ],
    ['Cohere', 'cohere.command-r-v1:0', { message: PROMPT, max_tokens: 99 }],
    ['Mistral', 'mistral.mistral-7b-instruct-v0:2', { prompt: PROMPT, max_tokens: 99 }],
  ])('captures InvokeModel of %s, whole and streamed', async (_, model, body) => {
    const { attempts } = await compare(async ({ client }) => {
      const { body: whole } = await client.send(new InvokeModelCommand(invoke(model, body)));
      const command = new InvokeModelWithResponseStreamCommand(invoke(model, body));
      const { body: chunks } = await client.send(command);
      return [Buffer.from(whole).toString('utf8'), await collect(chunks)];
    });
    expect(attempts).toMatchObject([
      {
        requestModel: model,
        parameters: { stream: false, ...(model === NOVA ? {} : { maxTokens: 99 }) },
        finishReason: 'stop',
      },
      { requestModel: model, parameters: { stream: true }, finishReason: 'stop', ending: 'finished' },
    ]);
    attempts.forEach((attempt) => expectBilled(attempt));
  });

  it.each([
    ['Titan', 'amazon.titan-embed-text-v2:0', { inputText: PROMPT, dimensions: 256 }],
    ['Cohere', 'cohere.embed-english-v3', { texts: [PROMPT], input_type: 'search_query' }],
  ])('captures embeddings of %s', async (_, model, body) => {
    const record = await compare(async ({ client }) => {
      const { body: whole } = await client.send(new InvokeModelCommand(invoke(model, body)));
      return Buffer.from(whole).toString('utf8');
    });
    expect(record.attempts).toMatchObject([{ operation: 'embeddings', usage: { outputTokens: 0 } }]);
    expectBilled(record.attempts[0]!);
  });

  it('records each try of a retried request', async () => {
    const record = await compare(({ client }) =>
      client.send(new ConverseCommand(converse(`${PROMPT} [emulate rate_limit attempts=1]`))),
    );
    expect(record.failure).toBeNull();
    expect(record.attempts).toMatchObject([
      { status: 429, isRetry: false, failure: { type: 'rate_limit' }, usage: null },
      { status: 200, isRetry: true, failure: null },
    ]);
    expectBilled(record.attempts[1]!);
  });

  it.each([
    ['bad_request', 400, 'bad_request', 1],
    ['permission', 403, 'permission', 1],
    ['auth', 403, 'auth', 1],
    ['not_found', 404, 'not_found', 1],
    ['context_length', 400, 'context_window_exceeded', 1],
    ['quota', 400, 'rate_limit', 1],
    ['server_error', 500, 'server_error', 2],
    ['overloaded', 503, 'overloaded', 2],
  ])('records the error of the fault %s', async (fault, status, type, tries) => {
    const record = await compare((side) => streamed(side, `${PROMPT} [emulate ${fault}]`));
    expect(record.failure).toMatchObject({ type });
    expect(record.attempts).toHaveLength(tries);
    for (const attempt of record.attempts) {
      expect(attempt).toMatchObject({ status, failure: { type }, ending: 'failed', usage: null });
      expect(attempt.requestId).toMatch(/^req_/);
    }
  });

  it('records an exception in a stream', async () => {
    const { attempts, failure } = await compare((side) => streamed(side, `${PROMPT} [emulate stream_error]`));
    expect(failure).toMatchObject({ type: 'overloaded' });
    expect(attempts).toMatchObject([{ status: 200, ending: 'failed', failure: { type: 'overloaded' } }]);
  });

  it('records a stream that breaks off', async () => {
    const { attempts } = await compare((side) => streamed(side, `${PROMPT} [emulate cut after=4]`));
    expect(attempts).toMatchObject([{ status: 200, ending: 'cut', failure: { type: 'stream_cut' } }]);
  });

  it('records a stream that the application leaves', async () => {
    const { attempts, failure } = await compare(async ({ client }) => {
      const command = new ConverseStreamCommand(converse(`${PROMPT} [emulate stall after=4]`));
      const { stream } = await client.send(command);
      for await (const event of stream!) if (event.contentBlockDelta) return event;
      return null;
    });
    expect(attempts).toMatchObject([{ ending: 'left', finishReason: 'cancelled' }]);
    expect(failure).toBeNull();
  });

  it('records a request that the application aborts', async () => {
    const record = await compare(async ({ client, emulator }) => {
      const controller = new AbortController();
      const command = new ConverseCommand(converse(`${PROMPT} [emulate stall]`));
      const sent = client.send(command, { abortSignal: controller.signal });
      sent.catch(() => {});
      await until(() => emulator.requests.length > 0);
      controller.abort();
      return sent;
    });
    expect(record.attempts).toMatchObject([
      { status: null, ending: 'aborted', failure: { type: 'aborted' } },
    ]);
  });

  it('records a stream that the application aborts', async () => {
    const record = await compare(
      async ({ client }) => {
        const controller = new AbortController();
        const command = new ConverseStreamCommand(converse(`${PROMPT} [emulate stall after=4]`));
        const { stream } = await client.send(command, { abortSignal: controller.signal });
        for await (const event of stream!) if (event.contentBlockDelta) controller.abort();
      },
      { flush: true },
    );
    expect(record.attempts).toMatchObject([{ status: 200, ending: 'aborted', failure: { type: 'aborted' } }]);
  });

  it('records a request once if the client is observed twice', async () => {
    expect(llm.observeAwsClient(seen.client)).toBe(seen.client);
    expect(
      (await compare(({ client }) => client.send(new ConverseCommand(converse())))).attempts,
    ).toHaveLength(1);
  });
});

/** Result or error as the application sees it. Waits between tries are random. */
async function outcomeOf(use: () => Promise<unknown>): Promise<object> {
  try {
    return { value: withoutDelays(await use()) };
  } catch (error) {
    const { name, message, $metadata } = error as { name: string; message: string; $metadata?: object };
    return {
      name,
      message: message.replace(/127\.0\.0\.1:\d+/g, 'host'),
      metadata: withoutDelays($metadata),
    };
  }
}

/** Runs work without the library: its requests are not captured, and `fetch` is that of the platform. */
async function withBareFetch<T>(work: () => Promise<T>): Promise<T> {
  const { fetch } = globalThis;
  globalThis.fetch = bareFetch;
  try {
    return await uncaptured(work);
  } finally {
    globalThis.fetch = fetch;
  }
}

function withoutDelays(value: unknown): unknown {
  const text = JSON.stringify(value, (key, member: unknown) =>
    key === 'totalRetryDelay' ? undefined : member,
  );
  return text === undefined ? undefined : JSON.parse(text);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise<void>((resolve) => setImmediate(resolve));
}
