import type { Server } from 'node:http';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import request from 'supertest';
import { chat, message } from '../support/prompts.js';
import {
  Assistant,
  ended,
  lines,
  metrics,
  MODEL,
  spans,
  start,
  telemetry,
  USAGE,
} from './support/annotated-orders.js';

/**
 * Verifies the claims of docs/telemetry.md, in the order of the page.
 *
 * Tested elsewhere:
 * - "Exactly one span per provider operation has `gen_ai.usage.*`, even with the tracing of the Anthropic SDK" → test/telemetry/one-usage-per-operation.e2e-spec.ts
 * - "The server span has the totals of the request", behind real server spans → test/capture/requests.e2e-spec.ts
 * - "Sampling of traces does not change the metrics" → test/production/sampling.e2e-spec.ts
 * - "The SDK reads the counters once more after the last application has stopped" → test/telemetry/metrics-of-applications.e2e-spec.ts
 * - "A Collector adds the unit" → test/production/metric-names.e2e-spec.ts
 * - "OpenTelemetry's SDK for JavaScript creates no exemplars", the context of values → test/production/exemplars.e2e-spec.ts
 * - Which responses are an `empty_response`, and their usage → test/hostile/empty-response.e2e-spec.ts
 * - External text is truncated to 200 characters, lists to 128 items → test/hostile/long-names.e2e-spec.ts
 * - Invalid costs and delays, stop sequences → test/hostile/values.e2e-spec.ts
 * - The output of an interrupted JSON body → test/capture/body-reading-ends.e2e-spec.ts
 * - Each provider's fault as status, error type and finish reason → test/decorator/outcomes.e2e-spec.ts, test/decorator/failures.e2e-spec.ts
 */

describe('spans', () => {
  it('are one per call with one child per request, and do not count the tokens of retries again', async () => {
    await start({}, 1);
    const { call, attempts } = await ended((assistant) =>
      assistant.summarize('[emulate rate_limit attempts=1 retry_after=0.001] Hi'),
    );
    expect(call.name).toBe('llm.summarize');
    expect(attempts.map(({ name }) => name)).toEqual(['chat gpt-4o-mini', 'chat gpt-4o-mini']);
    expect(attempts[0]!.attributes).toMatchObject({
      'http.response.status_code': 429,
      'error.type': 'rate_limit',
      'llm.attempt': 0,
    });
    expect(attempts[1]!.attributes).toMatchObject({
      'http.response.status_code': 200,
      'gen_ai.usage.input_tokens': expect.any(Number),
      'llm.attempt': 1,
      'llm.is_retry': true,
    });
  });

  it('of a request have the number and the cost of its calls', async () => {
    await start();
    // Replaces the HTTP instrumentation, which cannot be loaded under jest.
    const server = telemetry.app.getHttpServer() as Server;
    const [listener] = server.listeners('request') as [(...args: unknown[]) => void];
    server.removeAllListeners('request').on('request', (incoming, response) => {
      trace.getTracer('http').startActiveSpan('POST', { kind: SpanKind.SERVER }, (span) => {
        response.once('finish', () => span.end());
        listener(incoming, response);
      });
    });
    const [span] = await Promise.all([
      spans.next(({ kind }) => kind === SpanKind.SERVER),
      request(server).post('/orders/summarize').expect(201),
    ]);
    expect(span.name).toBe('POST /orders/summarize');
    expect(span.attributes).toMatchObject({
      'llm.request.calls': 1,
      'llm.request.estimated_cost_usd': 0.000021,
    });
    const [call] = await spans.calls();
    expect(call!.parentSpanContext!.spanId).toBe(span.spanContext().spanId);
  });

  it('of a call have its feature, operation, provider, both models and parameters', async () => {
    await start();
    const { call } = await ended((assistant) => assistant.summarize());
    expect(call.attributes).toMatchObject({
      'llm.feature': 'orders',
      'llm.operation': 'summarize',
      'llm.provider': 'openai',
      'llm.model': MODEL,
      'llm.request_model': 'gpt-4o-mini',
      'llm.temperature': 0.2,
      'llm.max_tokens': 60,
    });
  });

  it('of a call have the start in Unix seconds and the duration, and of a stream the time to the first token', async () => {
    await start();
    const before = Date.now() / 1000;
    const plain = await ended((assistant) => assistant.summarize());
    expect(plain.call.attributes['llm.request_time']).toBeGreaterThanOrEqual(before - 0.01);
    expect(plain.call.attributes['llm.request_time']).toBeLessThanOrEqual(Date.now() / 1000 + 0.01);
    expect(plain.call.attributes['llm.latency_ms']).toBeCloseTo(plain.record.durationMs, 2);
    expect(plain.call.attributes).not.toHaveProperty(['llm.time_to_first_token_ms']);
    const streamed = await ended((assistant) => assistant.stream());
    expect(streamed.call.attributes['llm.time_to_first_token_ms']).toBeGreaterThan(0);
  });

  it('of a call have the token sums of its own attempts', async () => {
    await start();
    const usage = { ...USAGE, cachedInputTokens: 40, reasoningTokens: 4 };
    const { call } = await ended((assistant) => assistant.byHand({ usage }, { usage }));
    expect(call.attributes).toMatchObject({
      'llm.prompt_tokens': 200,
      'llm.completion_tokens': 20,
      'llm.total_tokens': 220,
      'llm.cached_tokens': 80,
      'llm.reasoning_tokens': 8,
      'llm.cached': true,
      'llm.usage_source': 'provider',
    });
    const uncached = await ended((assistant) => assistant.byHand({}));
    expect(uncached.call.attributes['llm.cached']).toBe(false);
  });

  it('have a cost with its source, and no cost if a price is unknown', async () => {
    await start({ pricing: { overrides: { mine: { input: 1, output: 1 } } } });
    const costOf = async (model: string): Promise<unknown> => {
      const { attributes } = (await ended((assistant) => assistant.byHand({ model }))).call;
      return [attributes['llm.cost_source'], attributes['llm.estimated_cost_usd']];
    };
    expect(await costOf(MODEL)).toEqual(['table', 0.000021]);
    expect(await costOf('mine')).toEqual(['override', 0.00011]);
    expect(await costOf('no-such-model')).toEqual(['unknown', undefined]);
  });

  it('have the number of requests and the index of the decorator’s retry', async () => {
    await start();
    telemetry.emulator.program({ kind: 'server_error', retryAfter: 0.001 }, { kind: 'none' });
    await ended((assistant) => assistant.retried());
    const calls = (await spans.calls()).map(({ attributes }) => [
      attributes['llm.attempts'],
      attributes['llm.attempt'],
      attributes['llm.is_retry'],
    ]);
    expect(calls).toEqual([
      [1, 0, false],
      [1, 1, true],
    ]);
  });

  it('have the route and the identity that requestContext returns', async () => {
    await start({ requestContext: () => ({ userId: 'u-1', tenantId: 't-1', sessionId: 's-1' }) });
    await request(telemetry.app.getHttpServer()).get('/orders/route/7').expect(200);
    const [call] = await spans.calls();
    expect(call!.attributes).toMatchObject({
      'user.id': 'u-1',
      'llm.tenant': 't-1',
      'session.id': 's-1',
      'http.route': '/orders/route/:id',
    });
  });

  it('omit attributes without a value', async () => {
    await start();
    const { call, attempts } = await ended((assistant) => assistant.byHand({}));
    for (const { attributes } of [call, ...attempts])
      expect(Object.values(attributes).filter((value) => value === null || value === undefined)).toEqual([]);
    for (const name of ['llm.temperature', 'llm.error', 'llm.error_type', 'llm.truncated', 'user.id'])
      expect(call.attributes).not.toHaveProperty([name]);
  });

  it('have no cached or reasoning tokens if the usage is estimated; the record has null', async () => {
    await start();
    const { call, record } = await ended((assistant) => assistant.stream('[emulate cut after=20] A story.'));
    expect(call.attributes['llm.usage_source']).toBe('estimated');
    expect(call.attributes['llm.completion_tokens']).toBeGreaterThan(0);
    for (const name of ['llm.cached_tokens', 'llm.reasoning_tokens', 'llm.cached'])
      expect(call.attributes).not.toHaveProperty([name]);
    expect(record.usage).toMatchObject({ cachedInputTokens: null, reasoningTokens: null });
  });

  it('have no token attributes and no cost if the usage is missing', async () => {
    await start();
    const { call } = await ended((assistant) => assistant.byHand({ usage: undefined }));
    expect(call.attributes['llm.usage_source']).toBe('missing');
    expect(Object.keys(call.attributes).filter((name) => /_tokens$|cost_usd/.test(name))).toEqual([]);
  });

  it('of nested calls keep their own tokens, so that the costs of all calls add up to the bill', async () => {
    await start();
    await ended((assistant) => assistant.outer());
    const costs = (await spans.calls()).map(
      ({ attributes }) => attributes['llm.estimated_cost_usd'] as number,
    );
    const billed = telemetry.emulator.ledger
      .entries()
      .map(({ inputTokens, outputTokens }) => inputTokens * 0.15e-6 + outputTokens * 0.6e-6);
    const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
    expect(costs).toHaveLength(2);
    expect(sum(costs)).toBeCloseTo(sum(billed), 12);
    for (const { attributes } of await spans.attempts())
      expect(attributes).not.toHaveProperty(['llm.estimated_cost_usd']);
  });

  it('of attempts follow the GenAI conventions and have the feature and the operation', async () => {
    await start();
    const { attempts } = await ended((assistant) => assistant.summarize());
    expect(attempts[0]!.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.response.model': MODEL,
      'gen_ai.usage.input_tokens': expect.any(Number),
      'http.response.status_code': 200,
      'llm.feature': 'orders',
      'llm.operation': 'summarize',
      'llm.attempt': 0,
      'llm.is_retry': false,
    });
  });

  it('have the usage of an operation exactly once, even with the tracing of the Anthropic SDK', async () => {
    await start();
    await ended((assistant) => assistant.send(() => assistant.anthropic.messages.create(message())));
    const withUsage = (await spans.all()).filter(({ attributes }) =>
      Object.keys(attributes).some((name) => name.startsWith('gen_ai.usage.')),
    );
    expect(withUsage).toHaveLength(1);
  });
});

describe('log lines', () => {
  it('are one per call, with the documented fields', async () => {
    await start();
    await ended((assistant) => assistant.summarize());
    expect(lines()).toHaveLength(1);
    expect(lines()[0]!.text).toMatch(
      new RegExp(
        '^trace_id=[0-9a-f]{32} span_id=[0-9a-f]{16} feature=orders operation=summarize provider=openai ' +
          `model=${MODEL} prompt_tokens=\\d+ completion_tokens=\\d+ usage_source=provider cost_usd=[\\d.e-]+ ` +
          'finish_reason=stop latency_ms=\\d+ attempts=1$',
      ),
    );
  });

  it('are fields if the logger writes JSON', async () => {
    await start();
    await ended((assistant) => assistant.byHand({}));
    expect(JSON.parse(JSON.stringify(lines()[0]!.message))).toMatchObject({
      feature: 'orders',
      operation: 'by_hand',
      prompt_tokens: 100,
      attempts: 1,
    });
  });

  it('are warnings for rate limits and truncation, errors for other failures, and info for aborted calls', async () => {
    await start();
    const levelOf = async (work: (assistant: Assistant) => unknown): Promise<string> => {
      await ended(work);
      return lines().at(-1)!.level;
    };
    expect(await levelOf((assistant) => assistant.byHand({}))).toBe('log');
    expect(await levelOf((assistant) => assistant.byHand({ finishReason: 'length' }))).toBe('warn');
    expect(await levelOf((assistant) => assistant.summarize('[emulate rate_limit] Hi'))).toBe('warn');
    expect(await levelOf((assistant) => assistant.summarize('[emulate auth] Hi'))).toBe('error');
    const aborted = (assistant: Assistant) => assistant.summarize('Hi', { signal: AbortSignal.abort() });
    expect(await levelOf(aborted)).toBe('log');
  });
});

describe('special cases', () => {
  it('records request id, rate limits, actual wait and requested wait on attempts', async () => {
    await start({}, 1);
    const { call, attempts } = await ended((assistant) =>
      assistant.summarize('[emulate rate_limit attempts=1 retry_after=0.02] Hi'),
    );
    const ids = telemetry.emulator.ledger.entries().map(({ requestId }) => requestId);
    expect(attempts.map(({ attributes }) => attributes['llm.request_id'])).toEqual(ids);
    expect(attempts[0]!.attributes).toHaveProperty(['http.response.header.x-ratelimit-remaining-tokens']);
    expect(attempts[0]!.attributes).not.toHaveProperty(['llm.waited_ms']);
    expect(attempts[1]!.attributes['llm.wait_asked_ms']).toBe(20);
    expect(attempts[1]!.attributes['llm.waited_ms']).toBeGreaterThanOrEqual(19);
    expect(call.attributes['llm.provider_time_ms']).toBeGreaterThan(0);
    expect(call.attributes['llm.waiting_time_ms']).toBeGreaterThanOrEqual(19);
  });

  it('records the remaining limits in the headers of Anthropic on attempts', async () => {
    await start();
    const { attempts } = await ended((assistant) =>
      assistant.send(() => assistant.anthropic.messages.create(message())),
    );
    expect(attempts[0]!.attributes).toHaveProperty([
      'http.response.header.anthropic-ratelimit-tokens-remaining',
    ]);
  });

  it('records neither usage nor cost for a rejected request, and estimates a stream that was cut', async () => {
    await start();
    const refused = await ended((assistant) => assistant.stream('[emulate server_error] Hi'));
    expect([refused.record.usage, refused.record.cost.costUsd]).toEqual([null, 0]);
    const cut = await ended((assistant) => assistant.stream('[emulate cut after=20] A story.'));
    expect(cut.record.usage!.source).toBe('estimated');
    expect(cut.record.cost.costUsd).toBeGreaterThan(0);
  });

  it('records an error that the method catches on the attempt, not as a failure of the call', async () => {
    await start();
    const { call, attempts } = await ended((assistant) =>
      assistant.send(() =>
        assistant.openai.chat.completions.create(chat('[emulate overloaded] Hi')).catch(() => 'fallback'),
      ),
    );
    expect(call.attributes).not.toHaveProperty(['llm.error_type']);
    expect(call.status.code).toBe(SpanStatusCode.OK);
    expect(attempts[0]!.attributes['error.type']).toBe('overloaded');
  });

  it('adds route, tenant and user to the metrics with metricAttributes', async () => {
    await start({
      metricAttributes: ['http.route', 'llm.tenant', 'user.id'],
      requestContext: () => ({ userId: 'u-1', tenantId: 't-1' }),
    });
    await request(telemetry.app.getHttpServer()).get('/orders/route/7').expect(200);
    await telemetry.flush();
    const [point] = await metrics.points('llm.calls');
    expect(point!.attributes).toMatchObject({
      'http.route': '/orders/route/:id',
      'llm.tenant': 't-1',
      'user.id': 'u-1',
    });
  });
});
