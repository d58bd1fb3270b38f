import { Injectable } from '@nestjs/common';
import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import Anthropic from '@anthropic-ai/sdk';
import { LlmCall, type CallRecord } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { RecordCollector } from '../support/record-collector.js';
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

/** Sends the same requests through both SDKs. */
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
  const collected = new RecordCollector();
  let telemetry: TelemetryApp;
  let assistant: Assistant;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({
      providers: [Assistant],
      maxRetries: 2,
      options: { onCall: collected.onCall },
    });
    assistant = telemetry.get(Assistant);
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => {
    spans.clear();
    collected.clear();
    telemetry.emulator.reset();
  });

  async function outcomeOf(work: Promise<unknown>): Promise<{ record: CallRecord; error: unknown }> {
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return { record: await collected.only(), error };
  }

  describe.each(['openai', 'anthropic'] as const)('with the %s SDK', (sdk) => {
    it('record index, status, error type, request id and remaining rate limits of each attempt', async () => {
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

    it('record the delay that the provider sends in retry-after', async () => {
      const { record } = await outcomeOf(
        assistant.ask(sdk, '[emulate overloaded attempts=1 retry_after=0.05] Hello.'),
      );
      const [first, second] = record.attempts;
      expect(first).toMatchObject({ waitedMs: 0, waitAskedMs: null, retryAfterMs: 50 });
      expect(second!.waitAskedMs).toBe(50);
      // Timers may fire up to one millisecond early.
      expect(second!.waitedMs).toBeGreaterThanOrEqual(49);
      const [, retry] = await spans.attempts();
      expect(retry!.attributes).toMatchObject({
        'llm.waited_ms': expect.closeTo(second!.waitedMs, 2),
        'llm.wait_asked_ms': 50,
      });
    });

    it('record the back-off of the SDK if the provider sends no retry-after', async () => {
      const { record } = await outcomeOf(assistant.ask(sdk, '[emulate server_error attempts=1] Hello.'));
      expect(record.attempts[1]!.waitAskedMs).toBeNull();
      // The initial back-off is 500 ms, minus up to 25% jitter.
      expect(record.attempts[1]!.waitedMs).toBeGreaterThan(300);
      const [first, retry] = await spans.attempts();
      expect(first!.attributes).not.toHaveProperty(['llm.waited_ms']);
      expect(retry!.attributes['llm.waited_ms']).toBeGreaterThan(300);
      expect(retry!.attributes).not.toHaveProperty(['llm.wait_asked_ms']);
    });

    it('split the duration of the call into time at the provider and waiting time', async () => {
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

    it('count as timeouts if the timeout of the SDK expires', async () => {
      telemetry.emulator.program({ kind: 'stall', times: 3 });
      const { record, error } = await outcomeOf(assistant.ask(sdk, 'Hello.', { timeout: 60 }));
      expect(error).toBeInstanceOf(ERRORS[sdk].timeout);
      expect(record).toMatchObject({ failure: { type: 'timeout' }, finishReason: null });
      expect(record.attempts.map(({ failure }) => failure?.type)).toEqual(['timeout', 'timeout', 'timeout']);
      const [call] = await spans.calls();
      expect(call!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'Timed out' });
    });

    it('count as aborted, not as errors, if the application aborts them', async () => {
      telemetry.emulator.program({ kind: 'stall' });
      const controller = new AbortController();
      const sent = outcomeOf(assistant.ask(sdk, 'Hello.', { signal: controller.signal }));
      await firstRequest(telemetry.emulator);
      controller.abort();
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

    // unohee/OpenSwarm#345: a deadline was recorded as an abort by the user. The Anthropic SDK aborts the request with its
    // own signal, which has a different reason.
    const deadlineType = sdk === 'openai' ? 'timeout' : 'aborted';
    it(`have the error type ${deadlineType} if AbortSignal.timeout() expires`, async () => {
      telemetry.emulator.program({ kind: 'stall' });
      const deadline = new Deadline();
      const sent = outcomeOf(assistant.ask(sdk, 'Hello.', { signal: deadline.signal }));
      await firstRequest(telemetry.emulator);
      await deadline.expire();
      const { record, error } = await sent;
      expect(error).toBeInstanceOf(ERRORS[sdk].abort);
      const failure = { type: deadlineType };
      expect(record).toMatchObject({ failure, attempts: [{ failure }] });
      const [call] = await spans.calls();
      expect(call!.attributes['llm.error_type']).toBe(deadlineType);
      expect(call!.attributes['llm.error']).toBe(deadlineType === 'timeout' ? true : undefined);
    });

    const streamOutcome = sdk === 'openai' ? 'timeouts' : 'cancelled';
    it(`count as ${streamOutcome} if AbortSignal.timeout() expires during a stream, which the SDK ends without an error`, async () => {
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

    it('count as cancelled, without an error, if the application leaves the stream by break', async () => {
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

    it('have estimated tokens, flagged as estimates, if the stream is cut, because they may have been billed', async () => {
      const { record } = await outcomeOf(assistant.stream(sdk, '[emulate cut after=20] Tell me a story.'));
      await expectEstimated(record, 'stream_cut');
    });

    it('have estimated tokens for the part of a stream that was received before the application aborted', async () => {
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
    ])('cost nothing if the provider rejects them: %s', async (fault) => {
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

    it('cost as much as the successful response if earlier attempts were rejected', async () => {
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

  // Only with OpenAI: the Anthropic SDK has no timeout for the body.
  it('to OpenAI have an estimated cost if the response times out halfway, because they may have been billed', async () => {
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

  it('have the error type of an exhausted quota even if the SDK does not read the body', async () => {
    const { record } = await outcomeOf(assistant.ask('openai', '[emulate quota retry_after=0.001] Hello.'));
    expect(record.attempts.map(({ failure }) => failure?.type)).toEqual([
      'quota_exhausted',
      'quota_exhausted',
      'quota_exhausted',
    ]);
  });

  it('from a client that sends no retry count are retries only if they repeat a failed request', async () => {
    telemetry.emulator.program({ kind: 'rate_limit' }, { kind: 'none' });
    const { record } = await outcomeOf(
      assistant.repeat(telemetry.emulator.url, ['Hello.', 'Hello.', 'Hello.', 'Something else.']),
    );
    expect(record.attempts.map(({ isRetry }) => isRetry)).toEqual([false, true, false, false]);
  });
});
