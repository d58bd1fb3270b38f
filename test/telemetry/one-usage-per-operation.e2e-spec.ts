import { SpanStatusCode } from '@opentelemetry/api';
import { chat, message } from '../support/prompts.js';
import {
  anthropic,
  attemptsIn,
  drain,
  openai,
  OURS,
  scope,
  spansOf,
  telemetry,
} from './support/traced-sdks.js';

const ANTHROPIC_SDK = 'com.anthropic.sdk.typescript';
const CANARY = 'canary-b41c';

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
      'an OpenAI stream',
      OURS,
      async () => drain(await openai.chat.completions.create({ ...chat(), stream: true })),
    ],
    ['a message', ANTHROPIC_SDK, () => anthropic.messages.create(message())],
    [
      'a message as raw response, which the SDK does not parse',
      OURS,
      async () => (await anthropic.messages.create(message()).asResponse()).text(),
    ],
    ['a message with its response', ANTHROPIC_SDK, () => anthropic.messages.create(message()).withResponse()],
    [
      'an Anthropic stream',
      ANTHROPIC_SDK,
      async () => drain(await anthropic.messages.create({ ...message(), stream: true })),
    ],
    [
      'an Anthropic stream with the stream helper',
      ANTHROPIC_SDK,
      () => anthropic.messages.stream(message()).finalMessage(),
    ],
    [
      'an Anthropic stream that is left early',
      ANTHROPIC_SDK,
      async () => leave(await anthropic.messages.create({ ...message(), stream: true })),
    ],
    [
      'a message after a retry',
      ANTHROPIC_SDK,
      () =>
        anthropic
          .withOptions({ maxRetries: 1 })
          .messages.create(message('[emulate rate_limit attempts=1 retry_after=0.001] Hello.')),
    ],
    ['a message without tracing by the SDK', OURS, () => untraced().messages.create(message())],
    [
      'an Anthropic stream without tracing by the SDK',
      OURS,
      async () => drain(await untraced().messages.create({ ...message(), stream: true })),
    ],
  ])('is recorded on exactly one span: %s', async (_what, where, work) => {
    const spans = await spansOf(work);
    const withUsage = spans.filter(({ attributes }) =>
      Object.keys(attributes).some((name) => name.startsWith('gen_ai.usage.')),
    );
    expect(withUsage.map(scope)).toEqual([where]);
    expect(withUsage[0]!.attributes['gen_ai.usage.input_tokens']).toBeGreaterThan(0);
    // The instrumentation of undici creates a span for each request.
    const requests = spans.filter((span) => scope(span).includes('undici'));
    expect(requests).toHaveLength(telemetry.emulator.requests.length);
    // Each of them is a child of an attempt span.
    const attempts = new Set(attemptsIn(spans).map((span) => span.spanContext().spanId));
    for (const { parentSpanContext } of requests) expect(attempts.has(parentSpanContext!.spanId)).toBe(true);
  });

  it('is recorded on no span if the request was rejected', async () => {
    const spans = await spansOf(() => anthropic.messages.create(message('[emulate rate_limit] Hello.')));
    expect(spans.map(scope)).toEqual(expect.arrayContaining([OURS, ANTHROPIC_SDK]));
    for (const { attributes } of spans)
      expect(Object.keys(attributes).filter((name) => name.startsWith('gen_ai.usage.'))).toEqual([]);
  });
});

describe('the traceparent header', () => {
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

describe('an error message that quotes the prompt', () => {
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
  ])(
    'is not recorded on spans of the library, which describe %s in fixed words',
    async (fault, work, words) => {
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
          expect(of).toEqual({
            'exception.type': expect.any(String),
            'exception.message': expect.any(String),
          });
        }
      }
      // The application receives the error of the SDK with its original message.
      if (fault === 'bad_request') expect((thrown as Error).message).toContain(CANARY);
    },
  );

  it('is not recorded if the application throws an error that repeats it', async () => {
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
