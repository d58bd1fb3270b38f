import { metrics, SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api';
import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import Anthropic from '@anthropic-ai/sdk';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/**
 * The spans of a service as they are with OpenTelemetry's own SDK: instrumentation of HTTP and undici on, and the
 * tracing of Anthropic's SDK, which is on by default.
 */

const OURS = 'nestjs-llm-telemetry';
const ANTHROPICS = 'com.anthropic.sdk.typescript';
const CANARY = 'canary-b41c';

/** What a span started with: all that a sampler sees of it. */
class Starts implements SpanProcessor {
  private readonly attributes = new Map<string, Attributes>();
  onStart = (span: { spanContext(): { spanId: string }; attributes: Attributes }): void =>
    void this.attributes.set(span.spanContext().spanId, { ...span.attributes });
  onEnd = (): void => {};
  forceFlush = (): Promise<void> => Promise.resolve();
  shutdown = (): Promise<void> => Promise.resolve();
  of = (span: ReadableSpan): Attributes => this.attributes.get(span.spanContext().spanId)!;
}

const exporter = new InMemorySpanExporter();
const starts = new Starts();
let sdk: NodeSDK;
let enabled: ReturnType<typeof getNodeAutoInstrumentations>;
let telemetry: TelemetryApp;
let llm: LlmTelemetry;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  process.env['OTEL_NODE_ENABLED_INSTRUMENTATIONS'] = 'http,undici';
  process.env['OTEL_NODE_RESOURCE_DETECTORS'] = 'env';
  for (const signal of ['METRICS', 'LOGS']) process.env[`OTEL_${signal}_EXPORTER`] = 'none';
  enabled = getNodeAutoInstrumentations();
  sdk = new NodeSDK({
    instrumentations: enabled,
    spanProcessors: [starts, new SimpleSpanProcessor({ exporter })],
  });
  sdk.start();
  telemetry = await startTelemetryApp({ emulatorOptions: { cachedTokens: true } });
  llm = telemetry.get(LlmTelemetry);
  openai = telemetry.get(OpenAI);
  anthropic = telemetry.get(Anthropic);
});

afterAll(async () => {
  await telemetry.stop();
  await sdk.shutdown();
  // What is patched is the process's, and other test files run in it too.
  for (const instrumentation of enabled) instrumentation.disable();
  metrics.disable();
});

beforeEach(() => {
  exporter.reset();
  telemetry.emulator.reset();
});

/** Runs `work` as a call, and gives back the spans that there are afterwards. */
async function spansOf(work: () => Promise<unknown>): Promise<readonly ReadableSpan[]> {
  await llm.run({ feature: 'conventions', operation: 'ask' }, work).catch(() => undefined);
  await telemetry.flush();
  return exporter.getFinishedSpans();
}

const scope = ({ instrumentationScope }: ReadableSpan): string => instrumentationScope.name;
const attemptsIn = (spans: readonly ReadableSpan[]): ReadableSpan[] =>
  spans.filter((span) => scope(span) === OURS && span.kind === SpanKind.CLIENT);

const user = (content: string) => [{ role: 'user' as const, content }];
const chat = (content = 'Say hello.') => ({ model: 'gpt-4o-mini', messages: user(content) });
const message = (content = 'Say hello.') => ({
  model: 'claude-haiku-4-5',
  max_tokens: 100,
  messages: user(content),
});

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

describe('the attributes of an attempt span', () => {
  const server = (): Attributes => {
    const { hostname, port } = new URL(telemetry.emulator.url);
    return { 'server.address': hostname, 'server.port': Number(port) };
  };
  const ours = {
    'llm.feature': 'conventions',
    'llm.operation': 'ask',
    'llm.attempt': 0,
    'llm.is_retry': false,
  };
  const answered = { ...ours, 'http.response.status_code': 200, 'llm.request_id': expect.any(String) };
  const limits = expect.stringMatching(/^http\.response\.header\.(x|anthropic)-ratelimit-/);

  /** The attributes that a span started with, and those added later, except for the remaining rate limits. */
  async function attributesOf(
    work: () => Promise<unknown>,
  ): Promise<{ name: string; atStart: Attributes; atEnd: Attributes }> {
    const attempts = attemptsIn(await spansOf(work));
    expect(attempts).toHaveLength(1);
    const [span] = attempts as [ReadableSpan];
    const atStart = starts.of(span);
    const atEnd = Object.fromEntries(
      Object.entries(span.attributes).filter(([name]) => !(name in atStart) && !limits.asymmetricMatch(name)),
    );
    return { name: span.name, atStart, atEnd };
  }

  it('follow the conventions for a chat completion', async () => {
    const { name, atStart, atEnd } = await attributesOf(() =>
      openai.chat.completions.create({
        ...chat('Say hello to everybody.'),
        max_tokens: 50,
        temperature: 0.3,
        top_p: 0.9,
        frequency_penalty: 0.1,
        presence_penalty: 0.2,
        seed: 7,
        n: 1,
        stop: ['END', 'STOP'],
        service_tier: 'flex',
      }),
    );
    const [bill] = telemetry.emulator.ledger.entries();
    expect(name).toBe('chat gpt-4o-mini');
    expect(atStart).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.request.max_tokens': 50,
      'gen_ai.request.temperature': 0.3,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.frequency_penalty': 0.1,
      'gen_ai.request.presence_penalty': 0.2,
      'gen_ai.request.seed': 7,
      'gen_ai.request.choice.count': 1,
      'openai.request.service_tier': 'flex',
      ...server(),
    });
    expect(atEnd).toEqual({
      ...answered,
      'gen_ai.response.id': bill!.responseId,
      'gen_ai.response.model': 'gpt-4o-mini-2024-07-18',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': bill!.inputTokens,
      'gen_ai.usage.output_tokens': bill!.outputTokens,
      'gen_ai.usage.cache_read.input_tokens': 0,
      'openai.response.service_tier': 'flex',
    });
  });

  it('follow the conventions for a streamed chat completion', async () => {
    const startedAt = performance.now();
    const { atStart, atEnd } = await attributesOf(async () =>
      drain(
        await openai.chat.completions.create({
          ...chat(),
          stream: true,
          stream_options: { include_usage: true },
        }),
      ),
    );
    const [bill] = telemetry.emulator.ledger.entries();
    expect(atStart).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.request.stream': true,
      ...server(),
    });
    expect(atEnd).toEqual({
      ...answered,
      'gen_ai.response.id': bill!.responseId,
      'gen_ai.response.model': 'gpt-4o-mini-2024-07-18',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'llm.time_to_first_token_ms': expect.any(Number),
      'gen_ai.usage.input_tokens': bill!.inputTokens,
      'gen_ai.usage.output_tokens': bill!.outputTokens,
      'gen_ai.usage.cache_read.input_tokens': 0,
      'openai.response.service_tier': expect.any(String),
    });
    // The conventions use seconds: in milliseconds it would be longer than the whole call.
    const seconds = (performance.now() - startedAt) / 1000;
    expect(atEnd['gen_ai.response.time_to_first_chunk']).toBeLessThan(seconds);
  });

  it('include the reasoning tokens of a reasoning model', async () => {
    const { atEnd } = await attributesOf(() =>
      openai.chat.completions.create({ ...chat(), model: 'gpt-5-mini', max_completion_tokens: 2000 }),
    );
    const [bill] = telemetry.emulator.ledger.entries();
    expect(bill!.reasoningTokens).toBeGreaterThan(0);
    expect(atEnd).toMatchObject({
      'gen_ai.usage.output_tokens': bill!.outputTokens,
      'gen_ai.usage.reasoning.output_tokens': bill!.reasoningTokens,
    });
  });

  it('follow the conventions for the Responses API', async () => {
    const { name, atStart, atEnd } = await attributesOf(() =>
      openai.responses.create({ model: 'gpt-4o-mini', input: 'Say hello.', max_output_tokens: 60 }),
    );
    const [bill] = telemetry.emulator.ledger.entries();
    expect(name).toBe('chat gpt-4o-mini');
    expect(atStart).toMatchObject({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.max_tokens': 60 });
    expect(atEnd).toMatchObject({
      'gen_ai.response.id': bill!.responseId,
      'gen_ai.response.finish_reasons': ['completed'],
      'gen_ai.usage.input_tokens': bill!.inputTokens,
      'gen_ai.usage.output_tokens': bill!.outputTokens,
    });
  });

  it('follow the conventions for embeddings', async () => {
    const { name, atStart, atEnd } = await attributesOf(() =>
      openai.embeddings.create({ model: 'text-embedding-3-small', input: 'A lamp.', dimensions: 8 }),
    );
    const [bill] = telemetry.emulator.ledger.entries();
    expect(name).toBe('embeddings text-embedding-3-small');
    expect(atStart).toEqual({
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'text-embedding-3-small',
      'gen_ai.embeddings.dimension.count': 8,
      ...server(),
    });
    expect(atEnd).toMatchObject({
      ...answered,
      'gen_ai.response.model': 'text-embedding-3-small',
      'gen_ai.usage.input_tokens': bill!.inputTokens,
    });
  });

  it('have no usage for a message if the SDK has a span with the usage', async () => {
    // Older models still take them; the SDK's types have them no longer.
    const sampling = { temperature: 0.5, top_k: 40 };
    const { name, atStart, atEnd } = await attributesOf(() =>
      anthropic.messages.create({ ...message(), ...sampling, stop_sequences: ['END'] }),
    );
    const [bill] = telemetry.emulator.ledger.entries();
    expect(name).toBe('chat claude-haiku-4-5');
    expect(atStart).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'claude-haiku-4-5',
      'gen_ai.request.max_tokens': 100,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_k': 40,
      ...server(),
    });
    expect(atEnd).toEqual({
      ...answered,
      'gen_ai.response.id': bill!.responseId,
      'gen_ai.response.model': 'claude-haiku-4-5-20251001',
      'gen_ai.response.finish_reasons': ['end_turn'],
    });
  });

  it('have the cache tokens of a message if the tracing of the SDK is off', async () => {
    const untraced = anthropic.withOptions({ openTelemetry: false });
    const instructions = {
      type: 'text' as const,
      text: 'Be brief, and be kind. '.repeat(400),
      cache_control: { type: 'ephemeral' as const },
    };
    const ask = () => untraced.messages.create({ ...message(), system: [instructions] });
    const first = await attributesOf(ask);
    exporter.reset();
    const second = await attributesOf(ask);
    const [writing, reading] = telemetry.emulator.ledger.entries();
    expect(writing!.cacheWriteTokens).toBeGreaterThan(0);
    expect(first.atEnd).toMatchObject({
      'gen_ai.usage.input_tokens': writing!.inputTokens,
      'gen_ai.usage.output_tokens': writing!.outputTokens,
      'gen_ai.usage.cache_read.input_tokens': 0,
      'gen_ai.usage.cache_write.input_tokens': writing!.cacheWriteTokens,
      // Its name in 1.41.
      'gen_ai.usage.cache_creation.input_tokens': writing!.cacheWriteTokens,
    });
    expect(reading!.cachedInputTokens).toBeGreaterThan(0);
    expect(second.atEnd).toMatchObject({
      'gen_ai.usage.input_tokens': reading!.inputTokens,
      'gen_ai.usage.cache_read.input_tokens': reading!.cachedInputTokens,
    });
  });

  it('have the status and error type of a refused request', async () => {
    const { atEnd } = await attributesOf(() =>
      openai.chat.completions.create(chat('[emulate bad_request] A.')),
    );
    expect(atEnd).toEqual({
      ...answered,
      'http.response.status_code': 400,
      'error.type': 'bad_request',
    });
  });

  it('have the error type of a request without a response', async () => {
    const nowhere = openai.withOptions({ baseURL: 'http://127.0.0.1:1/v1' });
    const { atStart, atEnd } = await attributesOf(() => nowhere.chat.completions.create(chat()));
    expect(atStart).toMatchObject({ 'server.address': '127.0.0.1', 'server.port': 1 });
    expect(atEnd).toEqual({ ...ours, 'error.type': 'connection' });
  });
});

describe('the usage of an operation', () => {
  const untraced = () => anthropic.withOptions({ openTelemetry: false });
  const leave = async (stream: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of stream) break;
  };

  it.each<[string, string, () => Promise<unknown>]>([
    ['a chat completion', OURS, () => openai.chat.completions.create(chat())],
    ['a response', OURS, () => openai.responses.create({ model: 'gpt-4o-mini', input: 'Hello.' })],
    [
      'embeddings',
      OURS,
      () => openai.embeddings.create({ model: 'text-embedding-3-small', input: 'A lamp.' }),
    ],
    [
      'a stream of OpenAI’s',
      OURS,
      async () => drain(await openai.chat.completions.create({ ...chat(), stream: true })),
    ],
    ['a message', ANTHROPICS, () => anthropic.messages.create(message())],
    [
      'a message as its raw response, which the SDK does not look into',
      OURS,
      async () => (await anthropic.messages.create(message()).asResponse()).text(),
    ],
    ['a message with its response', ANTHROPICS, () => anthropic.messages.create(message()).withResponse()],
    [
      'a stream of Anthropic’s',
      ANTHROPICS,
      async () => drain(await anthropic.messages.create({ ...message(), stream: true })),
    ],
    [
      'a stream of Anthropic’s, by its helper',
      ANTHROPICS,
      () => anthropic.messages.stream(message()).finalMessage(),
    ],
    [
      'a stream of Anthropic’s that is left',
      ANTHROPICS,
      async () => leave(await anthropic.messages.create({ ...message(), stream: true })),
    ],
    [
      'a message after a retry',
      ANTHROPICS,
      () =>
        anthropic
          .withOptions({ maxRetries: 1 })
          .messages.create(message('[emulate rate_limit attempts=1 retry_after=0.001] Hello.')),
    ],
    ['a message without the SDK’s tracing', OURS, () => untraced().messages.create(message())],
    [
      'a stream of Anthropic’s without the SDK’s tracing',
      OURS,
      async () => drain(await untraced().messages.create({ ...message(), stream: true })),
    ],
  ])('is on exactly one span: %s', async (_what, where, work) => {
    const spans = await spansOf(work);
    const withUsage = spans.filter(({ attributes }) =>
      Object.keys(attributes).some((name) => name.startsWith('gen_ai.usage.')),
    );
    expect(withUsage.map(scope)).toEqual([where]);
    expect(withUsage[0]!.attributes['gen_ai.usage.input_tokens']).toBeGreaterThan(0);
    // Undici's instrumentation was there, and has made a span for each request.
    const requests = spans.filter((span) => scope(span).includes('undici'));
    expect(requests).toHaveLength(telemetry.emulator.requests.length);
    // Each under its attempt's.
    const attempts = new Set(attemptsIn(spans).map((span) => span.spanContext().spanId));
    for (const { parentSpanContext } of requests) expect(attempts.has(parentSpanContext!.spanId)).toBe(true);
  });

  it('is on no span if the request was refused', async () => {
    const spans = await spansOf(() => anthropic.messages.create(message('[emulate rate_limit] Hello.')));
    expect(spans.map(scope)).toEqual(expect.arrayContaining([OURS, ANTHROPICS]));
    for (const { attributes } of spans)
      expect(Object.keys(attributes).filter((name) => name.startsWith('gen_ai.usage.'))).toEqual([]);
  });
});

describe('the header traceparent', () => {
  const parents = (): unknown =>
    telemetry.emulator.requests.map(
      ({ headers }) => headers.filter(([name]) => name === 'traceparent').length,
    );

  it('is sent once by the SDK of OpenAI', async () => {
    await spansOf(() => openai.chat.completions.create(chat()));
    expect(parents()).toEqual([1]);
  });

  it('is sent once, from the attempt span, by the SDK of Anthropic with its propagation off', async () => {
    const quiet = anthropic.withOptions({ openTelemetry: { propagation: false } });
    const spans = await spansOf(() => quiet.messages.create(message()));
    expect(parents()).toEqual([1]);
    const sent = telemetry.emulator.requests[0]!.headers.find(([name]) => name === 'traceparent')![1];
    const request = spans.find((span) => scope(span).includes('undici'))!;
    const { traceId, spanId } = request.spanContext();
    expect(sent).toBe(`00-${traceId}-${spanId}-01`);
  });

  it('is sent twice by the SDK of Anthropic with its propagation on, as the documentation warns', async () => {
    await spansOf(() => anthropic.messages.create(message()));
    expect(parents()).toEqual([2]);
  });
});

describe('an error message of the provider, which quotes the prompt,', () => {
  const STREAM = async (prompt: string): Promise<void> =>
    drain(await openai.chat.completions.create({ ...chat(prompt), stream: true }));

  it.each<[string, (prompt: string) => Promise<unknown>, string]>([
    [
      'bad_request',
      (prompt) => openai.chat.completions.create(chat(prompt)),
      'Request rejected by the provider',
    ],
    [
      'context_length',
      (prompt) => openai.chat.completions.create(chat(prompt)),
      'Prompt exceeds the context window',
    ],
    [
      'context_length',
      (prompt) => anthropic.messages.create(message(prompt)),
      'Prompt exceeds the context window',
    ],
    [
      'blocked',
      (prompt) => openai.chat.completions.create(chat(prompt)),
      'Response blocked by content filter',
    ],
    [
      'auth',
      (prompt) => anthropic.messages.create(message(prompt)),
      'Authentication with the provider failed',
    ],
    ['server_error', (prompt) => anthropic.messages.create(message(prompt)), 'Provider failed'],
    ['stream_error after=3', STREAM, 'Provider failed'],
    [
      'failed',
      (prompt) => openai.responses.create({ model: 'gpt-4o-mini', input: prompt }),
      'Response failed at the provider',
    ],
  ])('is on no span of the library, which describes %s itself', async (fault, work, words) => {
    let thrown: unknown;
    const spans = await spansOf(() =>
      work(`[emulate ${fault}] ${CANARY} is my password.`).catch((error: unknown) => {
        thrown = error;
        throw error;
      }),
    );
    const own = spans.filter((span) => scope(span) === OURS);
    expect(own).toHaveLength(2);
    for (const { status, events, attributes, links } of own) {
      expect(status).toEqual({ code: SpanStatusCode.ERROR, message: words });
      expect(JSON.stringify([status, events, attributes, links])).not.toContain(CANARY);
      for (const { name, attributes: of } of events) {
        expect(name).toBe('exception');
        expect(of).toEqual({ 'exception.type': expect.any(String), 'exception.message': expect.any(String) });
      }
    }
    // It would be there to be seen where the SDK throws: the application gets it as ever.
    if (fault === 'bad_request') expect((thrown as Error).message).toContain(CANARY);
  });

  it('is on no span if an error of the application repeats it', async () => {
    const spans = await spansOf(async () => {
      throw new TypeError(`Cannot handle ${CANARY}`, { cause: new Error(CANARY) });
    });
    const [call] = spans;
    expect(call!.status.message).toBe('Call failed');
    expect(call!.events).toMatchObject([
      {
        name: 'exception',
        attributes: { 'exception.type': 'TypeError', 'exception.message': 'Call failed' },
      },
    ]);
    expect(JSON.stringify([call!.status, call!.events, call!.attributes])).not.toContain(CANARY);
  });
});
