import { Injectable } from '@nestjs/common';
import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import Anthropic from '@anthropic-ai/sdk';
import { LlmCall, type CallRecord } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { ComingRecords } from '../support/coming-records.js';
import { Deadline } from '../support/deadline.js';
import { MODEL_REQUESTS, post } from '../support/model-requests.js';
import { chat, message } from '../support/prompts.js';
import { firstRequest } from '../support/received-requests.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

interface RequestOptions {
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

const CALL = { feature: 'orders', operation: 'ask' };

/** The same on both SDKs. */
@Injectable()
class Assistant {
  constructor(
    private readonly openai: OpenAI,
    private readonly anthropic: Anthropic,
  ) {}

  @LlmCall(CALL)
  async ask(sdk: string, prompt: string, options: RequestOptions = {}): Promise<void> {
    if (sdk === 'openai') await this.openai.chat.completions.create(chat(prompt), options);
    else await this.anthropic.messages.create(message(prompt), options);
  }

  @LlmCall(CALL)
  async stream(sdk: string, prompt: string, options: RequestOptions = {}, onPiece = () => {}): Promise<void> {
    const pieces =
      sdk === 'openai'
        ? await this.openai.chat.completions.create({ ...chat(prompt), stream: true }, options)
        : await this.anthropic.messages.create({ ...message(prompt), stream: true }, options);
    for await (const _piece of pieces) onPiece();
  }

  @LlmCall(CALL)
  async leave(sdk: string, prompt: string): Promise<void> {
    const pieces =
      sdk === 'openai'
        ? await this.openai.chat.completions.create({ ...chat(prompt), stream: true })
        : await this.anthropic.messages.create({ ...message(prompt), stream: true });
    let count = 0;
    for await (const _piece of pieces) if (++count === 4) break;
  }

  @LlmCall(CALL)
  async repeat(baseUrl: string, prompts: readonly string[]): Promise<void> {
    for (const prompt of prompts)
      await (await post(fetch, baseUrl, MODEL_REQUESTS['OpenAI JSON'], { prompt })).text();
  }
}

const LIMITS = {
  openai: ['x-ratelimit-remaining-requests', 'x-ratelimit-remaining-tokens'],
  anthropic: ['anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-tokens-remaining'],
};
const ERRORS = {
  openai: { timeout: OpenAI.APIConnectionTimeoutError, abort: OpenAI.APIUserAbortError },
  anthropic: { timeout: Anthropic.APIConnectionTimeoutError, abort: Anthropic.APIUserAbortError },
};

describe('attempts', () => {
  const spans = new CollectedSpans();
  const coming = new ComingRecords();
  let telemetry: TelemetryApp;
  let assistant: Assistant;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({
      providers: [Assistant],
      maxRetries: 2,
      options: { onCall: coming.onCall },
    });
    assistant = telemetry.get(Assistant);
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => {
    spans.clear();
    coming.clear();
    telemetry.emulator.reset();
  });

  async function outcomeOf(work: Promise<unknown>): Promise<{ record: CallRecord; error: unknown }> {
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return { record: await coming.only(), error };
  }

  describe.each(['openai', 'anthropic'] as const)('of the SDK of %s', (sdk) => {
    it('have each their number, status, error type, request id and what is left of the limits', async () => {
      const { record } = await outcomeOf(
        assistant.ask(sdk, '[emulate rate_limit attempts=2 retry_after=0.001] Hello.'),
      );
      const ids = telemetry.emulator.ledger.entries().map(({ requestId }) => requestId);
      expect(ids).toHaveLength(3);
      expect(
        record.attempts.map(({ attempt, isRetry, status, failure, requestId }) => [
          attempt,
          isRetry,
          status,
          failure?.type,
          requestId,
        ]),
      ).toEqual([
        [0, false, 429, 'rate_limit', ids[0]],
        [1, true, 429, 'rate_limit', ids[1]],
        [2, true, 200, undefined, ids[2]],
      ]);
      for (const { rateLimits } of record.attempts) {
        for (const name of LIMITS[sdk]) expect(Number(rateLimits[name])).toBeGreaterThan(0);
      }
      const attributes = (await spans.attempts()).map((span) => span.attributes);
      expect(
        attributes.map((of) => [
          of['llm.attempt'],
          of['llm.is_retry'],
          of['http.response.status_code'],
          of['error.type'],
          of['llm.request_id'],
        ]),
      ).toEqual([
        [0, false, 429, 'rate_limit', ids[0]],
        [1, true, 429, 'rate_limit', ids[1]],
        [2, true, 200, undefined, ids[2]],
      ]);
      for (const of of attributes) {
        for (const name of LIMITS[sdk])
          expect(of[`http.response.header.${name}`]).toEqual([expect.stringMatching(/^\d+$/)]);
      }
    });

    it('tell the wait that the provider asked for', async () => {
      const { record } = await outcomeOf(
        assistant.ask(sdk, '[emulate overloaded attempts=1 retry_after=0.05] Hello.'),
      );
      const [first, second] = record.attempts;
      expect(first).toMatchObject({ waitedMs: 0, waitAskedMs: null, retryAfterMs: 50 });
      expect(second!.waitAskedMs).toBe(50);
      // Timers may fire within the millisecond before.
      expect(second!.waitedMs).toBeGreaterThanOrEqual(49);
      const [, retry] = await spans.attempts();
      expect(retry!.attributes).toMatchObject({
        'llm.waited_ms': expect.closeTo(second!.waitedMs, 2),
        'llm.wait_asked_ms': 50,
      });
    });

    it('tell the SDK’s own wait, for which nobody asked', async () => {
      const { record } = await outcomeOf(assistant.ask(sdk, '[emulate server_error attempts=1] Hello.'));
      expect(record.attempts[1]!.waitAskedMs).toBeNull();
      // Its backoff begins with half a second, less a jitter of a quarter.
      expect(record.attempts[1]!.waitedMs).toBeGreaterThan(300);
      const [first, retry] = await spans.attempts();
      expect(first!.attributes).not.toHaveProperty(['llm.waited_ms']);
      expect(retry!.attributes['llm.waited_ms']).toBeGreaterThan(300);
      expect(retry!.attributes).not.toHaveProperty(['llm.wait_asked_ms']);
    });

    it('add up to a latency in which the provider’s time is told from the waiting', async () => {
      const { record } = await outcomeOf(
        assistant.ask(sdk, '[emulate rate_limit attempts=2 retry_after=0.03] Hello.'),
      );
      const { durationMs, providerTimeMs, waitingTimeMs, attempts } = record;
      expect(waitingTimeMs).toBeCloseTo(attempts[1]!.waitedMs + attempts[2]!.waitedMs, 6);
      expect(waitingTimeMs).toBeGreaterThanOrEqual(58);
      expect(providerTimeMs).toBeCloseTo(
        attempts.reduce((sum, { durationMs }) => sum + durationMs, 0),
        6,
      );
      expect(providerTimeMs).toBeGreaterThan(0);
      expect(providerTimeMs + waitingTimeMs).toBeLessThanOrEqual(durationMs + 0.01);
      const [call] = await spans.calls();
      expect(call!.attributes).toMatchObject({
        'llm.latency_ms': expect.closeTo(durationMs, 2),
        'llm.provider_time_ms': expect.closeTo(providerTimeMs, 2),
        'llm.waiting_time_ms': expect.closeTo(waitingTimeMs, 2),
      });
    });

    it('that ran out of time are timeouts', async () => {
      telemetry.emulator.program({ kind: 'stall', times: 3 });
      const { record, error } = await outcomeOf(assistant.ask(sdk, 'Hello.', { timeout: 60 }));
      expect(error).toBeInstanceOf(ERRORS[sdk].timeout);
      expect(record).toMatchObject({ failure: { type: 'timeout' }, finishReason: null });
      expect(record.attempts.map(({ failure }) => failure?.type)).toEqual(['timeout', 'timeout', 'timeout']);
      const [call] = await spans.calls();
      expect(call!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'Timed out' });
    });

    it.each<[string, () => { signal: AbortSignal; begun: () => void }]>([
      [
        'stopped',
        () => {
          const controller = new AbortController();
          return { signal: controller.signal, begun: () => controller.abort() };
        },
      ],
    ])('that the application itself %s are aborted, and no errors', async (_how, make) => {
      telemetry.emulator.program({ kind: 'stall' });
      const { signal, begun } = make();
      const sent = outcomeOf(assistant.ask(sdk, 'Hello.', { signal }));
      await firstRequest(telemetry.emulator);
      begun();
      const { record, error } = await sent;
      expect(error).toBeInstanceOf(ERRORS[sdk].abort);
      expect(record).toMatchObject({
        failure: { type: 'aborted' },
        finishReason: 'cancelled',
        usage: null,
        attempts: [{ failure: { type: 'aborted' } }],
      });
      for (const span of [...(await spans.calls()), ...(await spans.attempts())]) {
        expect(span.status.code).toBe(SpanStatusCode.UNSET);
        expect(span.attributes).not.toHaveProperty(['llm.error']);
      }
    });

    // unohee/OpenSwarm#345: a deadline that is recorded as a stop by the user.
    it('that the application gave only some time are timeouts, if the SDK shows the reason of the signal', async () => {
      telemetry.emulator.program({ kind: 'stall' });
      const deadline = new Deadline();
      const sent = outcomeOf(assistant.ask(sdk, 'Hello.', { signal: deadline.signal }));
      await firstRequest(telemetry.emulator);
      await deadline.expire();
      const { record, error } = await sent;
      expect(error).toBeInstanceOf(ERRORS[sdk].abort);
      // Anthropic's SDK aborts the request with a signal of its own, whose reason is not that of the application's.
      const type = sdk === 'openai' ? 'timeout' : 'aborted';
      expect(record).toMatchObject({ failure: { type }, attempts: [{ failure: { type } }] });
      const [call] = await spans.calls();
      expect(call!.attributes['llm.error_type']).toBe(type);
      expect(call!.attributes['llm.error']).toBe(type === 'timeout' ? true : undefined);
    });

    it('whose stream ran out of time failed, although the SDK ends it without an error', async () => {
      const deadline = new Deadline();
      const { record, error } = await outcomeOf(
        assistant.stream(
          sdk,
          '[emulate stall after=20] Tell me a story.',
          { signal: deadline.signal },
          () => void deadline.expire(),
        ),
      );
      expect(error).toBeNull();
      if (sdk === 'openai') {
        expect(record).toMatchObject({ failure: { type: 'timeout' }, usage: { source: 'estimated' } });
        expect((await spans.calls())[0]!.status).toEqual({
          code: SpanStatusCode.ERROR,
          message: 'Timed out',
        });
      } else expect(record).toMatchObject({ failure: null, finishReason: 'cancelled' });
    });

    it('whose stream is left by break are cancelled, and no attempt has an error', async () => {
      const { record } = await outcomeOf(assistant.leave(sdk, '[emulate stall after=20] Tell me a story.'));
      expect(record).toMatchObject({
        failure: null,
        finishReason: 'cancelled',
        attempts: [{ ending: 'left', finishReason: 'cancelled', failure: null }],
      });
      const [attempt] = await spans.attempts();
      expect(attempt!.attributes).not.toHaveProperty(['error.type']);
      expect(attempt!.status.code).toBe(SpanStatusCode.UNSET);
    });

    it('whose stream was cut may have been billed: their tokens are estimated, and called so', async () => {
      const { record } = await outcomeOf(assistant.stream(sdk, '[emulate cut after=20] Tell me a story.'));
      await expectEstimated(record, 'stream_cut');
    });

    it('whose stream the application stopped may have been billed: estimated as far as it came', async () => {
      const controller = new AbortController();
      let pieces = 0;
      const { record } = await outcomeOf(
        assistant.stream(
          sdk,
          '[emulate stall after=20] Tell me a story.',
          { signal: controller.signal },
          () => {
            if (++pieces === 5) controller.abort();
          },
        ),
      );
      expect(record).toMatchObject({ finishReason: 'cancelled', usage: { source: 'estimated' } });
      expect(record.cost.costUsd).toBeGreaterThan(0);
    });

    it.each([
      'rate_limit retry_after=0.001',
      'quota retry_after=0.001',
      'server_error retry_after=0.001',
      'overloaded retry_after=0.001',
      'bad_request',
      'auth',
      'permission',
      'not_found',
      'too_large',
      'context_length',
      'blocked',
    ])('that were refused (%s) cost nothing', async (fault) => {
      const { record, error } = await outcomeOf(assistant.ask(sdk, `[emulate ${fault}] Hello.`));
      expect(error).not.toBeNull();
      expect(record.attempts).toHaveLength(telemetry.emulator.requests.length);
      for (const attempt of record.attempts) {
        expect(attempt.status).toBeGreaterThanOrEqual(400);
        expect([attempt.usage, attempt.cost]).toEqual([null, null]);
      }
      expect([record.usage, record.cost]).toEqual([null, { source: null, costUsd: 0 }]);
      const [call] = await spans.calls();
      expect(call!.attributes['llm.estimated_cost_usd']).toBe(0);
      expect(call!.attributes).not.toHaveProperty(['llm.usage_source']);
    });

    it('that were refused and then answered cost what the answer costs', async () => {
      const { record } = await outcomeOf(
        assistant.ask(sdk, '[emulate rate_limit attempts=1 retry_after=0.001] Hello.'),
      );
      expect(record.attempts[0]!.cost).toBeNull();
      const { cost } = record.attempts[1]!;
      expect(cost).toMatchObject({ source: 'table', costUsd: record.cost.costUsd });
      expect(record.cost.costUsd).toBeGreaterThan(0);
    });

    async function expectEstimated(record: CallRecord, type: string): Promise<void> {
      const [attempt] = record.attempts;
      expect(attempt).toMatchObject({ failure: { type }, usage: { source: 'estimated' } });
      expect(attempt!.usage!.inputTokens).toBeGreaterThan(0);
      expect(attempt!.usage!.outputTokens).toBeGreaterThan(0);
      expect(record.cost.costUsd).toBeGreaterThan(0);
      const [call] = (await spans.calls()) as [ReadableSpan];
      expect(call.attributes).toMatchObject({ 'llm.usage_source': 'estimated', 'llm.error_type': type });
      expect(call.attributes['llm.estimated_cost_usd']).toBe(record.cost.costUsd);
    }
  });

  // Anthropic's SDK waits for the body as long as it takes.
  it('of OpenAI whose answer ran out of time in its middle may have been billed: never shown as free', async () => {
    telemetry.emulator.program({ kind: 'stall', afterTokens: 5, times: 3 });
    const { record, error } = await outcomeOf(assistant.ask('openai', 'Hello.', { timeout: 80 }));
    expect(error).not.toBeNull();
    expect(record.failure?.type).toBe('timeout');
    for (const attempt of record.attempts) {
      expect(attempt).toMatchObject({ status: 200, failure: { type: 'timeout' } });
      expect(attempt.usage).toMatchObject({
        source: 'estimated',
        cachedInputTokens: null,
        reasoningTokens: null,
      });
      expect(attempt.usage!.inputTokens).toBeGreaterThan(0);
      expect(attempt.usage!.outputTokens).toBeGreaterThan(0);
    }
    expect(record.cost).toMatchObject({ source: 'table', costUsd: expect.any(Number) });
    const [call] = await spans.calls();
    expect(call!.attributes['llm.estimated_cost_usd']).toBeGreaterThan(0);
    expect(call!.attributes['llm.usage_source']).toBe('estimated');
    expect(call!.attributes).not.toHaveProperty(['llm.cached_tokens']);
    expect(call!.attributes).not.toHaveProperty(['llm.reasoning_tokens']);
  });

  it('of an exhausted quota are told so, the first ones too, whose bodies nobody read', async () => {
    const { record } = await outcomeOf(assistant.ask('openai', '[emulate quota retry_after=0.001] Hello.'));
    expect(record.attempts.map(({ failure }) => failure?.type)).toEqual([
      'quota_exhausted',
      'quota_exhausted',
      'quota_exhausted',
    ]);
  });

  it('of a client that does not count are retries where they repeat what has failed, and only there', async () => {
    telemetry.emulator.program({ kind: 'rate_limit' }, { kind: 'none' });
    const { record } = await outcomeOf(
      assistant.repeat(telemetry.emulator.url, ['Hello.', 'Hello.', 'Hello.', 'Something else.']),
    );
    expect(record.attempts.map(({ isRetry }) => isRetry)).toEqual([false, true, false, false]);
  });
});
