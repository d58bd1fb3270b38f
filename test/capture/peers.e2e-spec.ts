import { bareFetch } from '../support/bare-fetch.js';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';
import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { LlmCall, type CallRecord, type Usage } from 'nestjs-llm-telemetry';
import { startProviderEmulator, type LedgerEntry, type ProviderEmulator } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { CollectedMetrics } from '../support/metrics.js';
import { NodeProcess } from '../support/node-process.js';
import { chat, message } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

interface Clients {
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
}

@Injectable()
class Assistant implements Clients {
  constructor(
    readonly openai: OpenAI,
    readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'peers', operation: 'ask' })
  ask<T>(work: (clients: Clients) => T): T {
    return work(this);
  }

  @LlmCall({ feature: 'peers', operation: 'words' })
  async *words(): AsyncGenerator<string, string> {
    yield 'one';
    yield 'two';
    return 'three';
  }
}

const ERROR = (message: string): object => ({ code: SpanStatusCode.ERROR, message });
const streamed = (text?: string) => ({
  ...chat(text),
  stream: true as const,
  stream_options: { include_usage: true },
});
const streamedMessage = (text?: string) => ({ ...message(text), stream: true as const });

/**
 * One test for each property in the comparison of LLM telemetry libraries (docs/comparison.md), with the SDKs of
 * OpenAI (version 7) and Anthropic (version 1). Other tests cover each property in depth.
 */
describe('comparison with other libraries', () => {
  const spans = new CollectedSpans();
  const metrics = new CollectedMetrics();
  let telemetry: TelemetryApp;
  let assistant: Assistant;
  let emulator: ProviderEmulator;

  beforeAll(async () => {
    metrics.register();
    telemetry = await startTelemetryApp({
      providers: [Assistant],
      emulatorOptions: { cachedTokens: true },
      maxRetries: 2,
    });
    assistant = telemetry.get(Assistant);
    emulator = telemetry.emulator;
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => {
    spans.clear();
    emulator.reset();
    telemetry.records.length = 0;
    telemetry.logger.entries.length = 0;
  });

  /** Runs the calls in sequence. Returns the record, the span and the bill of the last request of each call. */
  async function callsOf(
    ...works: Array<(clients: Clients) => Promise<unknown>>
  ): Promise<Array<{ record: CallRecord; span: ReadableSpan; bill: LedgerEntry }>> {
    for (const work of works) await assistant.ask(work).catch(() => undefined);
    await telemetry.flush();
    const callSpans = await spans.calls();
    expect([telemetry.records.length, callSpans.length]).toEqual([works.length, works.length]);
    return telemetry.records.map((record, index) => ({
      record,
      span: callSpans[index]!,
      bill: emulator.ledger.find(record.attempts.at(-1)!.requestId!)!,
    }));
  }

  it('captures openai 7 as an ES module without manual instrumentation', async () => {
    const { version, text, records } = await readStream('Say hello.');
    expect(version).toMatch(/^7\./);
    expect(text).not.toBe('');
    expect(records).toEqual([
      expect.objectContaining({ feature: 'greetings', provider: 'openai', finishReason: 'stop' }),
    ]);
  });

  it('records the tokens of a chat stream as the provider bills them', async () => {
    const calls = await callsOf(
      async ({ openai }) => drain(await openai.chat.completions.create(streamed())),
      async ({ anthropic }) => drain(await anthropic.messages.create(streamedMessage())),
    );
    for (const { record, bill } of calls) {
      expect(record.usage).toMatchObject({ ...tokensOn(bill), source: 'provider' });
    }
  });

  it('flags the tokens of a stream without usage as estimated', async () => {
    const [call] = await callsOf(async ({ openai }) =>
      drain(await openai.chat.completions.create({ ...chat(), stream: true })),
    );
    expect(call!.record.usage!.outputTokens).toBeGreaterThan(0);
    expect(call!.record.usage!.source).toBe('estimated');
    expect(call!.span.attributes['llm.usage_source']).toBe('estimated');
  });

  it('records cached and reasoning tokens as the provider bills them', async () => {
    const long = 'You are asked about orders. '.repeat(400);
    const system = [{ type: 'text' as const, text: long, cache_control: { type: 'ephemeral' as const } }];
    const reasoned = async ({ openai }: Clients): Promise<unknown> =>
      openai.chat.completions.create({ ...chat(long), model: 'o4-mini' });
    const cached = async ({ anthropic }: Clients): Promise<unknown> =>
      anthropic.messages.create({ ...message(), system });
    const calls = await callsOf(reasoned, reasoned, cached, cached);
    for (const { record, bill } of calls) {
      expect(record.usage).toMatchObject({
        ...tokensOn(bill),
        cachedInputTokens: bill.cachedInputTokens,
        reasoningTokens: bill.reasoningTokens,
      });
    }
    expect(calls[1]!.bill.cachedInputTokens).toBeGreaterThan(0);
    expect(calls[1]!.bill.reasoningTokens).toBeGreaterThan(0);
    expect(calls[3]!.bill.cachedInputTokens).toBeGreaterThan(0);
  });

  it('sets the span status ERROR for truncated and filtered responses', async () => {
    const calls = await callsOf(
      ({ openai }) => openai.chat.completions.create(chat('[emulate truncate]')),
      ({ anthropic }) => anthropic.messages.create(message('[emulate truncate]')),
      ({ openai }) => openai.chat.completions.create(chat('[emulate filter]')),
    );
    expect(calls.map(({ span }) => span.status)).toEqual([
      ERROR('Response truncated by token limit'),
      ERROR('Response truncated by token limit'),
      ERROR('Response blocked by content filter'),
    ]);
  });

  it('sets the span status ERROR for a response of the Responses API with status failed', async () => {
    const request = { model: 'gpt-4o-mini', input: '[emulate failed]' };
    const [answer, stream] = await callsOf(
      ({ openai }) => openai.responses.create(request),
      async ({ openai }) => drain(await openai.responses.create({ ...request, stream: true })),
    );
    expect(answer!.span.status).toEqual(ERROR('Response failed at the provider'));
    expect(stream!.span.status).toEqual(ERROR('Response failed at the provider'));
  });

  it('creates a span with an error type for a failed call', async () => {
    const calls = await callsOf(
      ({ openai }) => openai.chat.completions.create(chat('[emulate auth]')),
      ({ anthropic }) => anthropic.messages.create(message('[emulate auth]')),
    );
    for (const { span } of calls) {
      expect(span.status).toEqual(ERROR('Authentication with the provider failed'));
      expect(span.attributes['llm.error_type']).toBe('auth');
    }
  });

  it('records a stream that the consumer leaves as cancelled, with estimated tokens', async () => {
    const endless = '[emulate stall after=10]';
    const calls = await callsOf(
      async ({ openai }) => {
        const stream = await openai.chat.completions.create(streamed(endless));
        for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
      },
      async ({ anthropic }) => {
        const stream = await anthropic.messages.create(streamedMessage(endless));
        for await (const event of stream) if (event.type === 'content_block_delta') break;
      },
    );
    for (const { span } of calls) {
      expect(span.status.code).toBe(SpanStatusCode.UNSET);
      expect(span.attributes).toMatchObject({
        'llm.finish_reason': 'cancelled',
        'llm.usage_source': 'estimated',
        'llm.time_to_first_token_ms': expect.any(Number),
      });
      expect(span.attributes['llm.completion_tokens']).toBeGreaterThan(0);
    }
  });

  it('records a stream that the provider cuts as an error and causes no unhandled rejection', async () => {
    const { error, unhandled, records } = await readStream('[emulate cut after=8] Say hello.');
    expect({ error, unhandled }).toEqual({ error: 'TypeError', unhandled: [] });
    expect(records).toEqual([
      expect.objectContaining({ failure: { type: 'stream_cut', errorClass: 'TypeError' } }),
    ]);

    const cut = '[emulate cut after=8]';
    const calls = await callsOf(
      async ({ openai }) => drain(await openai.chat.completions.create(streamed(cut))),
      async ({ anthropic }) => drain(await anthropic.messages.create(streamedMessage(cut))),
    );
    for (const { span } of calls) expect(span.status).toEqual(ERROR('Response was cut off before its end'));
  });

  it('creates a span for each retry of the SDK', async () => {
    const limited = '[emulate rate_limit attempts=2 retry_after=0]';
    await callsOf(
      ({ openai }) => openai.chat.completions.create(chat(limited)),
      ({ anthropic }) => anthropic.messages.create(message(limited)),
    );
    const attempts = (await spans.all()).filter(({ attributes }) => 'llm.attempt' in attributes);
    const seen = attempts
      .filter(({ kind }) => kind === SpanKind.CLIENT)
      .map(({ attributes }) => [
        attributes['llm.attempt'],
        attributes['llm.is_retry'],
        attributes['http.response.status_code'],
      ]);
    const chain = [
      [0, false, 429],
      [1, true, 429],
      [2, true, 200],
    ];
    expect(seen).toEqual([...chain, ...chain]);
  });

  it('calculates the cost and reports unknown prices as unknown', async () => {
    const [known, unknown] = await callsOf(
      ({ openai }) => openai.chat.completions.create(chat()),
      ({ openai }) => openai.chat.completions.create({ ...chat(), model: 'model-without-a-price' }),
    );
    const { inputTokens, outputTokens } = known!.bill;
    expect(known!.span.attributes['llm.cost_source']).toBe('table');
    // gpt-4o-mini: $0.15 and $0.60 per million tokens.
    const costUsd = (inputTokens * 0.15 + outputTokens * 0.6) / 1e6;
    expect(known!.span.attributes['llm.estimated_cost_usd']).toBeCloseTo(costUsd, 12);
    expect(unknown!.span.attributes['llm.cost_source']).toBe('unknown');
    expect(unknown!.span.attributes).not.toHaveProperty('llm.estimated_cost_usd');
  });

  it('measures the time to first token', async () => {
    const calls = await callsOf(
      async ({ openai }) => drain(await openai.chat.completions.create(streamed())),
      async ({ anthropic }) => drain(await anthropic.messages.create(streamedMessage())),
    );
    for (const { record, span } of calls) {
      expect(record.timeToFirstTokenMs).toBeGreaterThan(0);
      expect(record.timeToFirstTokenMs).toBeLessThanOrEqual(record.durationMs);
      expect(span.attributes['llm.time_to_first_token_ms']).toBeCloseTo(record.timeToFirstTokenMs!, 2);
    }
  });

  it('records metrics by feature and operation', async () => {
    const of = { 'llm.feature': 'peers', 'llm.operation': 'ask' };
    const before = (await metrics.sum('llm.calls', of)) ?? 0;
    await callsOf(
      ({ openai }) => openai.chat.completions.create(chat()),
      ({ anthropic }) => anthropic.messages.create(message()),
    );
    expect(await metrics.sum('llm.calls', of)).toBe(before + 2);
    for (const name of ['llm.tokens', 'llm.cost', 'llm.call.duration'])
      expect(await metrics.sum(name, of)).toBeGreaterThan(0);
  });

  it('does not change the results of .withResponse, .asResponse, .parse and .stream', async () => {
    import.meta.jest.spyOn(Date, 'now').mockReturnValue(Date.now());
    const seen = await usingHelpers((use, clients) => assistant.ask(() => use(clients)));
    const bare = await usingHelpers((use, clients) => use(clients), bareFetch);
    import.meta.jest.restoreAllMocks();
    expect(seen).toEqual(bare);
    expect(seen).toHaveLength(8);
    await telemetry.flush();
    expect(telemetry.records.map(({ attempts }) => attempts.length)).toEqual(Array(8).fill(1));
  });

  it('does not record prompts by default', async () => {
    const canary = 'canary-of-the-peers';
    const prompts = [canary, `${canary} [emulate bad_request]`, `${canary} [emulate blocked]`];
    await callsOf(
      ...prompts.map(
        (prompt) =>
          ({ openai }: Clients) =>
            openai.chat.completions.create(chat(prompt)),
      ),
      ...prompts.map(
        (prompt) =>
          ({ anthropic }: Clients) =>
            anthropic.messages.create(message(prompt)),
      ),
    );
    const exported = (await spans.all()).map(({ name, attributes, status, events }) => [
      name,
      attributes,
      status,
      events,
    ]);
    const everything = [
      exported,
      [...(await metrics.all()).values()],
      telemetry.logger.entries,
      telemetry.records,
    ];
    expect(JSON.stringify(everything)).not.toContain(canary);
    expect(JSON.stringify(emulator.requests)).toContain(canary);
  });

  it('returns async generators, synchronous values and SDK promises unchanged from annotated methods', async () => {
    const words = assistant.words();
    expect(Object.prototype.toString.call(words)).toBe('[object AsyncGenerator]');
    expect([await words.next(), await words.next(), await words.next()]).toEqual([
      { done: false, value: 'one' },
      { done: false, value: 'two' },
      { done: true, value: 'three' },
    ]);
    expect(assistant.ask(() => 42)).toBe(42);
    const made: object[] = [];
    const keep = <T extends object>(promise: T): T => {
      made.push(promise);
      return promise;
    };
    const ofOpenai = assistant.ask(({ openai }) => keep(openai.chat.completions.create(chat())));
    const ofAnthropic = assistant.ask(({ anthropic }) => keep(anthropic.messages.create(message())));
    expect([ofOpenai, ofAnthropic].map((promise, index) => promise === made[index])).toEqual([true, true]);
    expect((await ofOpenai.withResponse()).data.object).toBe('chat.completion');
    expect((await ofAnthropic.withResponse()).data.type).toBe('message');
  });
});

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs `process/openai-stream.mjs` with the built library and returns its output. */
async function readStream(prompt: string): Promise<{
  version: string;
  text: string;
  error: string | null;
  unhandled: string[];
  records: CallRecord[];
}> {
  // Builds only if the sources have changed since `dist` was built.
  execFileSync(process.execPath, ['scripts/prepare.mjs', '--build'], { cwd: root, stdio: 'ignore' });
  const child = new NodeProcess(['test/process/openai-stream.mjs', prompt], { cwd: root });
  const end = await child.ended;
  expect({ ...end, stderr: child.stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return JSON.parse(child.stdout);
}

type RunHelper = (use: (clients: Clients) => Promise<unknown>, clients: Clients) => Promise<unknown>;

/** Returns the result of each SDK helper. Each run has a new emulator; the same seed gives the same responses. */
async function usingHelpers(run: RunHelper, fetch?: typeof globalThis.fetch): Promise<unknown[]> {
  const emulator = await startProviderEmulator();
  const clients = {
    openai: new OpenAI({ apiKey: 'sk-canary-openai-key', baseURL: emulator.openaiBaseUrl, fetch }),
    anthropic: new Anthropic({ apiKey: 'sk-ant-canary-key', baseURL: emulator.anthropicBaseUrl, fetch }),
  };
  const Weather = z.object({ city: z.string(), degrees: z.number() });
  const response_format = zodResponseFormat(Weather, 'weather');
  const format = zodOutputFormat(Weather);
  const helpers: Array<(clients: Clients) => Promise<unknown>> = [
    async ({ openai }) => (await openai.chat.completions.create(chat()).withResponse()).data,
    async ({ anthropic }) => (await anthropic.messages.create(message()).withResponse()).data,
    async ({ openai }) => (await openai.chat.completions.create(chat()).asResponse()).text(),
    async ({ anthropic }) => (await anthropic.messages.create(message()).asResponse()).text(),
    async ({ openai }) => openai.chat.completions.parse({ ...chat(), response_format }),
    async ({ anthropic }) => anthropic.messages.parse({ ...message(), output_config: { format } }),
    async ({ openai }) => openai.chat.completions.stream(streamed()).finalChatCompletion(),
    async ({ anthropic }) => anthropic.messages.stream(message()).finalMessage(),
  ];
  const results: unknown[] = [];
  for (const helper of helpers) results.push(await run(helper, clients));
  await emulator.stop();
  return results;
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

function tokensOn({ inputTokens, outputTokens }: LedgerEntry): Pick<Usage, 'inputTokens' | 'outputTokens'> {
  return { inputTokens, outputTokens };
}
