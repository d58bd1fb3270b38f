import type { Server } from 'node:http';
import { Controller, Get, Injectable, Post } from '@nestjs/common';
import { metrics as metricsApi, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import Anthropic from '@anthropic-ai/sdk';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import {
  currentLlmCall,
  LlmCall,
  type CallRecord,
  type LlmTelemetryOptions,
  type RecordedResponse,
} from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import request from 'supertest';
import { z } from 'zod';
import { ERROR_DESCRIPTIONS } from '../../src/llm-telemetry/calls/error-type.js';
import { MAX_SETS, MAX_VALUE_LENGTH, MAX_VALUES } from '../../src/llm-telemetry/sinks/metrics/limits.js';
import { Deadline } from '../support/deadline.js';
import { CollectedMetrics } from '../support/metrics.js';
import { chat, message } from '../support/prompts.js';
import { firstRequest } from '../support/received-requests.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/**
 * The claims of docs/telemetry.md, in the order of the page.
 *
 * Proven elsewhere:
 * - "Exactly one span per provider operation has `gen_ai.usage.*`, also if the Anthropic SDK traces" → test/telemetry/conventions.e2e-spec.ts
 * - "The server span has the totals of the request", behind real server spans → test/capture/requests.e2e-spec.ts
 * - "Sampling of traces does not change the metrics" → test/production/sampling.e2e-spec.ts
 * - "The SDK reads the counters once more after the last application has stopped" → test/telemetry/metrics.e2e-spec.ts
 * - "A Collector adds the unit" → test/production/metric-names.e2e-spec.ts
 * - "OpenTelemetry's SDK for JavaScript makes no exemplars", the context of values → test/production/exemplars.e2e-spec.ts
 * - Which responses are an `empty_response`, and their usage → test/hostile/empty-response.e2e-spec.ts
 * - Text from outside is cut to 200 characters, lists to 128 items → test/hostile/long-names.e2e-spec.ts
 * - Costs and waits that are no amount and no delay, stop sequences → test/hostile/values.e2e-spec.ts
 * - The output of a JSON body that broke off → test/capture/body-reading-ends.e2e-spec.ts
 * - Each provider's fault as status, error type and finish reason → test/decorator/outcomes.e2e-spec.ts, test/decorator/failures.e2e-spec.ts
 */

const USAGE = { inputTokens: 100, outputTokens: 10 };
const MODEL = 'gpt-4o-mini-2024-07-18';

@Injectable()
class Assistant {
  constructor(
    readonly openai: OpenAI,
    readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(prompt?: string, options?: OpenAI.RequestOptions): Promise<string> {
    const request = { ...chat(prompt), temperature: 0.2, max_tokens: 60 };
    const { choices } = await this.openai.chat.completions.create(request, options);
    return choices[0]!.message.content ?? '';
  }

  @LlmCall({ feature: 'orders', operation: 'retried', retry: { maxRetries: 1 } })
  async retried(): Promise<void> {
    await this.openai.chat.completions.create(chat());
  }

  @LlmCall({ feature: 'orders', operation: 'stream' })
  async stream(
    prompt?: string,
    leaveAfter = Infinity,
    options?: OpenAI.RequestOptions,
    onChunk = () => {},
  ): Promise<void> {
    const request = { ...chat(prompt), stream: true, stream_options: { include_usage: true } } as const;
    let chunks = 0;
    for await (const _ of await this.openai.chat.completions.create(request, options)) {
      onChunk();
      if (++chunks === leaveAfter) break;
    }
  }

  @LlmCall({ feature: 'orders', operation: 'by_hand' })
  byHand(...responses: Array<Partial<RecordedResponse>>): void {
    for (const response of responses)
      currentLlmCall()!.recordResponse({ provider: 'openai', model: MODEL, usage: USAGE, ...response });
  }

  @LlmCall({ feature: 'reports', operation: 'outer' })
  async outer(): Promise<void> {
    await this.openai.chat.completions.create(chat());
    await this.summarize();
  }

  @LlmCall({ feature: 'orders', operation: 'send' })
  async send(body: () => Promise<unknown>): Promise<void> {
    await body();
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly assistant: Assistant) {}

  @Post('summarize')
  async summarize(): Promise<void> {
    this.assistant.byHand({});
  }

  @Get('route/:id')
  async route(): Promise<void> {
    this.assistant.byHand({});
  }
}

const spans = new CollectedSpans();
let metrics: CollectedMetrics;
let telemetry: TelemetryApp;

async function start(options: LlmTelemetryOptions = {}, maxRetries = 0): Promise<void> {
  metrics = new CollectedMetrics().register();
  spans.clear();
  telemetry = await startTelemetryApp({
    providers: [Assistant],
    controllers: [OrdersController],
    options,
    maxRetries,
  });
}
afterEach(() => telemetry?.stop());

interface Ended {
  readonly record: CallRecord;
  readonly call: ReadableSpan;
  readonly attempts: readonly ReadableSpan[];
  readonly error: unknown;
}

/** Runs the work, and returns the call that ended last. */
async function ended(work: (assistant: Assistant) => unknown): Promise<Ended> {
  let error: unknown = null;
  try {
    await work(telemetry.get(Assistant));
  } catch (thrown) {
    error = thrown;
  }
  await telemetry.flush();
  const call = (await spans.calls()).at(-1)!;
  const { traceId } = call.spanContext();
  const attempts = (await spans.attempts()).filter((span) => span.spanContext().traceId === traceId);
  return { record: telemetry.records.at(-1)!, call, attempts, error };
}

const lines = () => telemetry.logger.of('LlmTelemetry').filter(({ text }) => text.includes('operation='));

describe('spans', () => {
  it('are one per call, with one child per request, and repeat no token of the retries', async () => {
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
    // Stands for the HTTP instrumentation, which cannot be loaded under jest.
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

  it('of a call have the feature and operation, the provider, both models and the parameters', async () => {
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

  it('of a call have the sums of the tokens of its own attempts', async () => {
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

  it('have the identity that requestContext returns, and the route', async () => {
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

  it('have no cached or reasoning tokens if the usage is estimated; in the record they are null', async () => {
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

  it('of attempts follow the GenAI conventions, and name the feature and the operation', async () => {
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

  it('have the usage of an operation exactly once, also with the tracing of the Anthropic SDK', async () => {
    await start();
    await ended((assistant) => assistant.send(() => assistant.anthropic.messages.create(message())));
    const withUsage = (await spans.all()).filter(({ attributes }) =>
      Object.keys(attributes).some((name) => name.startsWith('gen_ai.usage.')),
    );
    expect(withUsage).toHaveLength(1);
  });
});

describe('finish reasons', () => {
  const finishOf = async (work: (assistant: Assistant) => unknown): Promise<unknown[]> => {
    const { call } = await ended(work);
    return [call.attributes['llm.finish_reason'], call.status.code, call.attributes['llm.error_type']];
  };
  const { OK, ERROR, UNSET } = SpanStatusCode;

  it.each([
    ['none', 'stop', OK, undefined],
    ['truncate after=5', 'length', ERROR, undefined],
    ['filter', 'content_filter', ERROR, 'content_filter'],
    ['refuse', 'refusal', OK, undefined],
  ])('of Chat Completions with [%s] are %s', async (fault, finish, status, errorType) => {
    await start();
    expect(await finishOf((assistant) => assistant.summarize(`[emulate ${fault}] Hi`))).toEqual([
      finish,
      status,
      errorType,
    ]);
  });

  it.each([
    ['truncate after=5', 'length', ERROR],
    ['pause', 'paused', OK],
    ['refuse', 'refusal', OK],
  ])('of Messages with [%s] are %s', async (fault, finish, status) => {
    await start();
    const create = (assistant: Assistant) =>
      assistant.send(() => assistant.anthropic.messages.create(message(`[emulate ${fault}] Hi`)));
    expect((await finishOf(create)).slice(0, 2)).toEqual([finish, status]);
  });

  it.each([
    ['length', ERROR, undefined],
    ['context_window', ERROR, undefined],
    ['tool_calls', OK, undefined],
    ['paused', OK, undefined],
    ['some_new_reason', OK, undefined],
  ])('recorded by hand as %s are passed on', async (finishReason, status, errorType) => {
    await start();
    expect(await finishOf((assistant) => assistant.byHand({ finishReason }))).toEqual([
      finishReason,
      status,
      errorType,
    ]);
  });

  it('are error, a failure, if the provider ends the response with an error', async () => {
    await start();
    const create = (assistant: Assistant) =>
      assistant.send(() =>
        assistant.openai.responses.create({ model: 'gpt-4o-mini', input: '[emulate failed] Hi' }),
      );
    expect((await finishOf(create)).slice(0, 2)).toEqual(['error', ERROR]);
    expect(telemetry.records.at(-1)!.failure).not.toBeNull();
  });

  it('are cancelled if the application stops reading, and unread if it does not read the response', async () => {
    await start();
    const left = (assistant: Assistant) => assistant.stream('[emulate stall after=20] A story.', 2);
    expect((await finishOf(left)).slice(0, 2)).toEqual(['cancelled', UNSET]);
    const unread = (assistant: Assistant) =>
      assistant.send(() => assistant.openai.chat.completions.create(chat()).asResponse());
    expect((await finishOf(unread)).slice(0, 2)).toEqual(['unread', UNSET]);
  });

  it('that errorStatuses omits are no error and no failure', async () => {
    await start({ errorStatuses: ['length'] });
    const filtered = await finishOf((assistant) => assistant.byHand({ finishReason: 'content_filter' }));
    expect(filtered).toEqual(['content_filter', OK, undefined]);
    expect(await metrics.sum('llm.errors')).toBeNull();
  });

  it('content_filter makes the call a failure, in llm.error and llm.errors, too', async () => {
    await start();
    const { call } = await ended((assistant) => assistant.byHand({ finishReason: 'content_filter' }));
    expect(call.attributes).toMatchObject({ 'llm.error': true, 'llm.error_type': 'content_filter' });
    expect(await metrics.sum('llm.errors', { 'llm.error_type': 'content_filter' })).toBe(1);
  });
});

describe('error types', () => {
  const typeOf = async (work: (assistant: Assistant) => unknown): Promise<unknown> =>
    (await ended(work)).call.attributes['llm.error_type'];

  it.each([
    ['rate_limit', 'rate_limit'],
    ['quota', 'quota_exhausted'],
    ['overloaded', 'overloaded'],
    ['server_error', 'server_error'],
    ['context_length', 'context_window_exceeded'],
    ['blocked', 'content_filter'],
    ['too_large', 'request_too_large'],
    ['auth', 'auth'],
    ['permission', 'permission'],
    ['not_found', 'not_found'],
    ['bad_request', 'bad_request'],
  ])('of a request that is refused with [%s] are %s', async (fault, type) => {
    await start();
    expect(await typeOf((assistant) => assistant.summarize(`[emulate ${fault}] Hi`))).toBe(type);
  });

  it('are stream_cut, timeout and connection if the transport fails', async () => {
    await start();
    expect(await typeOf((assistant) => assistant.stream('[emulate cut after=5] A story.'))).toBe(
      'stream_cut',
    );
    telemetry.emulator.program({ kind: 'stall' });
    expect(await typeOf((assistant) => assistant.summarize('Hi', { timeout: 50 }))).toBe('timeout');
    telemetry.emulator.program({ kind: 'cut' });
    expect(await typeOf((assistant) => assistant.summarize())).toBe('connection');
  });

  it('are parse only if a model has answered in the call', async () => {
    await start();
    const parsed = (fault: string) => (assistant: Assistant) =>
      assistant.send(async () => JSON.parse(await assistant.summarize(`[emulate ${fault}] Hi`)) as unknown);
    expect(await typeOf(parsed('none'))).toBe('parse');
    expect(await typeOf((assistant) => assistant.send(async () => JSON.parse('{') as unknown))).toBe(
      'unknown',
    );
  });

  it('are truncated and budget_exceeded by the class of the error', async () => {
    await start({ budgets: [{ feature: 'reports', usd: 0.000001, per: 'day', onExceed: 'block' }] });
    await ended((assistant) => assistant.outer());
    const refused = await ended((assistant) => assistant.outer());
    expect(refused.call.attributes).toMatchObject({
      'llm.error_type': 'budget_exceeded',
      'llm.budget_exceeded': true,
    });
    expect(lines().at(-1)!.level).toBe('warn');
    const truncated = (assistant: Assistant) =>
      assistant.send(() =>
        assistant.openai.chat.completions.parse({
          ...chat('[emulate truncate after=2] Hi'),
          response_format: {
            type: 'json_schema',
            json_schema: { name: 'answer', schema: z.toJSONSchema(z.object({ text: z.string() })) },
          },
        }),
      );
    expect(await typeOf(truncated)).toBe('truncated');
  });

  it('aborted is no error', async () => {
    await start();
    telemetry.emulator.program({ kind: 'stall' });
    const controller = new AbortController();
    const { call } = await ended(async (assistant) => {
      const sent = assistant.summarize('Hi', { signal: controller.signal });
      await firstRequest(telemetry.emulator);
      controller.abort();
      await sent;
    });
    expect(call.attributes['llm.error_type']).toBe('aborted');
    expect(call.attributes).not.toHaveProperty(['llm.error']);
    expect(call.status.code).toBe(SpanStatusCode.UNSET);
    expect(await metrics.sum('llm.errors')).toBeNull();
  });

  it('are timeout if the signal is AbortSignal.timeout(), also if the SDK throws an abort or no error', async () => {
    await start();
    telemetry.emulator.program({ kind: 'stall' });
    const early = new Deadline();
    void firstRequest(telemetry.emulator).then(() => early.expire());
    const thrown = await ended((assistant) => assistant.summarize('Hi', { signal: early.signal }));
    expect(thrown.error).toBeInstanceOf(OpenAI.APIUserAbortError);
    expect(thrown.call.attributes['llm.error_type']).toBe('timeout');
    const late = new Deadline();
    const silent = await ended((assistant) =>
      assistant.stream(
        '[emulate stall after=5] A story.',
        Infinity,
        { signal: late.signal },
        () => void late.expire(),
      ),
    );
    expect(silent.error).toBeNull();
    expect(silent.call.attributes['llm.error_type']).toBe('timeout');
  });

  it('are aborted with the Anthropic SDK, which hides the reason of the signal', async () => {
    await start();
    telemetry.emulator.program({ kind: 'stall' });
    const deadline = new Deadline();
    void firstRequest(telemetry.emulator).then(() => deadline.expire());
    const type = await typeOf((assistant) =>
      assistant.send(() => assistant.anthropic.messages.create(message(), { signal: deadline.signal })),
    );
    expect(type).toBe('aborted');
  });

  it('are absent from the attempt of a stream that is left by break', async () => {
    await start();
    const { attempts } = await ended((assistant) => assistant.stream('[emulate stall after=9] A story.', 2));
    expect(attempts[0]!.attributes).not.toHaveProperty(['error.type']);
  });

  it('have a description in the status, never the text of the provider', async () => {
    await start();
    const { call, attempts } = await ended((assistant) =>
      assistant.summarize('[emulate context_length] canary-in-the-prompt'),
    );
    expect(call.status.message).toBe(ERROR_DESCRIPTIONS.context_window_exceeded);
    const written = [call, ...attempts].map(({ status, events, attributes }) => ({
      status,
      events,
      attributes,
    }));
    expect(JSON.stringify(written)).not.toContain('canary');
  });
});

describe('log lines', () => {
  it('are one per call, with the fields of the page', async () => {
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

describe('metrics', () => {
  const COUNTERS = [
    'attempts',
    'calls',
    'cost',
    'errors',
    'tokens',
    'truncated',
    'unpriced',
    'usage_missing',
  ];

  it('have the names and units of the page, and the attributes that each has', async () => {
    await start();
    await ended((assistant) => assistant.stream());
    await ended((assistant) => assistant.stream('[emulate auth] Hi'));
    const all = [...(await metrics.all()).values()].filter(({ descriptor }) =>
      descriptor.name.startsWith('llm.'),
    );
    expect(all.map(({ descriptor }) => descriptor.name).sort()).toEqual(
      [...COUNTERS, 'call.duration', 'time_to_first_token'].map((name) => `llm.${name}`).sort(),
    );
    const units = new Map(all.map(({ descriptor }) => [descriptor.name, descriptor.unit]));
    expect([
      units.get('llm.call.duration'),
      units.get('llm.time_to_first_token'),
      units.get('llm.cost'),
    ]).toEqual(['s', 's', 'USD']);
    for (const { descriptor, dataPoints } of all)
      for (const { attributes } of dataPoints)
        expect([descriptor.name, attributes]).toEqual([
          descriptor.name,
          expect.objectContaining({
            'llm.feature': 'orders',
            'llm.operation': 'stream',
            'gen_ai.provider.name': 'openai',
            'gen_ai.response.model': expect.any(String),
          }),
        ]);
  });

  it('count calls, tokens by type with estimated ones, costs with a known price, and truncated calls', async () => {
    await start();
    await ended((assistant) => assistant.byHand({}));
    await ended((assistant) => assistant.byHand({ model: 'no-such-model', finishReason: 'length' }));
    await ended((assistant) => assistant.byHand({ usage: undefined }));
    expect(await metrics.sum('llm.calls')).toBe(3);
    expect(await metrics.sum('llm.tokens', { 'gen_ai.token.type': 'input' })).toBe(200);
    expect(await metrics.sum('llm.tokens', { 'gen_ai.token.type': 'output' })).toBe(20);
    expect(await metrics.sum('llm.cost')).toBe(0.000021);
    expect(await metrics.sum('llm.truncated')).toBe(1);
    expect(await metrics.sum('llm.unpriced')).toBe(1);
    expect(await metrics.sum('llm.usage_missing')).toBe(1);
    const { record } = await ended((assistant) => assistant.stream('[emulate cut after=20] A story.'));
    expect(await metrics.sum('llm.tokens', { 'gen_ai.token.type': 'output' })).toBe(
      20 + record.usage!.outputTokens,
    );
  });

  it('record the time to the first token of streams only', async () => {
    await start();
    await ended((assistant) => assistant.summarize());
    expect(await metrics.points('llm.time_to_first_token')).toEqual([]);
    await ended((assistant) => assistant.stream());
    expect((await metrics.points('llm.time_to_first_token')).map(({ count }) => count)).toEqual([1]);
  });

  it('count failed calls and requests by error type, and requests by retry', async () => {
    await start({}, 1);
    await ended((assistant) => assistant.stream('[emulate rate_limit retry_after=0.001] Hi'));
    expect(await metrics.sum('llm.errors', { 'llm.error_type': 'rate_limit' })).toBe(1);
    const refused = { 'llm.error_type': 'rate_limit' };
    expect(await metrics.sum('llm.attempts', { ...refused, 'llm.is_retry': false })).toBe(1);
    expect(await metrics.sum('llm.attempts', { ...refused, 'llm.is_retry': true })).toBe(1);
  });

  it('count each of two models in one call with its own tokens and cost, and the requested model without an answer', async () => {
    await start();
    await ended((assistant) =>
      assistant.byHand({}, { model: 'gpt-4o', usage: { inputTokens: 7, outputTokens: 0 } }),
    );
    const input = { 'gen_ai.token.type': 'input' };
    expect(await metrics.sum('llm.tokens', { ...input, 'gen_ai.response.model': MODEL })).toBe(100);
    expect(await metrics.sum('llm.tokens', { ...input, 'gen_ai.response.model': 'gpt-4o' })).toBe(7);
    expect(await metrics.sum('llm.cost', { 'gen_ai.response.model': 'gpt-4o' })).toBe(0.0000175);
    await ended((assistant) => assistant.stream('[emulate auth] Hi'));
    expect(await metrics.sum('llm.calls', { 'gen_ai.response.model': 'gpt-4o-mini' })).toBe(1);
  });

  it('come with the client metrics of the GenAI conventions, under the names that semconv chooses', async () => {
    const names = async (semconv?: 'latest'): Promise<string[]> => {
      await start({ semconv });
      await ended((assistant) => assistant.stream());
      const all = [...(await metrics.all()).keys()].filter((name) => name.startsWith('gen_ai.'));
      await telemetry.stop();
      return all;
    };
    expect(await names()).toEqual(
      expect.arrayContaining(['gen_ai.client.operation.duration', 'gen_ai.client.token.usage']),
    );
    const latest = await names('latest');
    await start();
    expect(latest).toContain('gen_ai.client.inference.duration');
    expect(latest).not.toContain('gen_ai.client.token.usage');
  });

  it('have at most 200 values of an attribute and 500 sets; the rest is counted under other', async () => {
    expect([MAX_VALUES, MAX_SETS, MAX_VALUE_LENGTH]).toEqual([200, 500, 256]);
    await start();
    await ended((assistant) => {
      for (let index = 0; index < 250; index++) assistant.byHand({ model: `model-${index}` });
      assistant.byHand({ model: 'm'.repeat(257) });
    });
    const models = (await metrics.points('llm.calls')).map(
      ({ attributes }) => attributes['gen_ai.response.model'],
    );
    expect(new Set(models).size).toBe(201);
    expect(await metrics.sum('llm.calls', { 'gen_ai.response.model': 'other' })).toBe(51);
    expect(await metrics.sum('llm.calls')).toBe(251);
  });

  it('are counted in a provider that is registered after the start, from then on', async () => {
    await start();
    await telemetry.stop();
    metricsApi.disable();
    telemetry = await startTelemetryApp({ providers: [Assistant] });
    telemetry.get(Assistant).byHand({});
    metrics.register();
    telemetry.get(Assistant).byHand({});
    await telemetry.flush();
    expect(await metrics.sum('llm.calls')).toBe(1);
  });

  it('are llm_calls_total and llm_call_duration_bucket in Prometheus’ own exporter', async () => {
    const exporter = new PrometheusExporter({ preventServerStart: true });
    new CollectedMetrics(exporter).register();
    telemetry = await startTelemetryApp({ providers: [Assistant] });
    telemetry.get(Assistant).byHand({});
    await telemetry.flush();
    const text = new PrometheusSerializer().serialize((await exporter.collect()).resourceMetrics);
    expect(text).toMatch(/^llm_calls_total\{/m);
    expect(text).toMatch(/^llm_call_duration_bucket\{/m);
  });
});

describe('at the edges', () => {
  it('attempts have the request id, the provider’s limits, the wait, and the wait that was asked for', async () => {
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

  it('attempts at Anthropic have the remaining limits of its headers', async () => {
    await start();
    const { attempts } = await ended((assistant) =>
      assistant.send(() => assistant.anthropic.messages.create(message())),
    );
    expect(attempts[0]!.attributes).toHaveProperty([
      'http.response.header.anthropic-ratelimit-tokens-remaining',
    ]);
  });

  it('a refused request has no usage and costs nothing; a stream that was cut is estimated', async () => {
    await start();
    const refused = await ended((assistant) => assistant.stream('[emulate server_error] Hi'));
    expect([refused.record.usage, refused.record.cost.costUsd]).toEqual([null, 0]);
    const cut = await ended((assistant) => assistant.stream('[emulate cut after=20] A story.'));
    expect(cut.record.usage!.source).toBe('estimated');
    expect(cut.record.cost.costUsd).toBeGreaterThan(0);
  });

  it('an error that the method catches is not a failure of the call; the attempt has it', async () => {
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

  it('metricAttributes adds route, tenant and user to the metrics', async () => {
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

describe('content', () => {
  const NAMES = ['gen_ai.system_instructions', 'gen_ai.input.messages', 'gen_ai.output.messages'];

  it('is recorded nowhere by default', async () => {
    await start();
    const { record } = await ended((assistant) => assistant.summarize('canary-user'));
    for (const { attributes } of await spans.all())
      for (const name of NAMES) expect(attributes).not.toHaveProperty([name]);
    expect(JSON.stringify(record)).not.toContain('canary');
    expect(JSON.stringify(lines())).not.toContain('canary');
  });

  const ask =
    (content: OpenAI.ChatCompletionContentPart[], stream = false) =>
    (assistant: Assistant) =>
      assistant.send(async () => {
        const answer = await assistant.openai.chat.completions.create({
          model: 'gpt-4o-mini',
          messages: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content },
          ],
          stream,
        });
        if (Symbol.asyncIterator in answer) for await (const _ of answer) continue;
      });

  it('is on the span of the attempt and in the record, redacted by place, with streams assembled', async () => {
    const places = new Set<string>();
    await start({
      content: {
        capture: 'messages',
        redact: (text, where) => {
          places.add(where);
          return text.replaceAll(/[\w.]+@[\w.]+/g, '<email>');
        },
      },
    });
    const text = { type: 'text', text: 'I am me@example.com' } as const;
    const { record, attempts, call } = await ended(ask([text], true));
    expect(places).toEqual(new Set(['system', 'input', 'output']));
    for (const name of NAMES) expect(attempts[0]!.attributes).toHaveProperty([name]);
    for (const name of NAMES) expect(call.attributes).not.toHaveProperty([name]);
    expect(attempts[0]!.attributes['gen_ai.input.messages']).toContain('I am <email>');
    expect(record.attempts[0]!.content!.outputMessages).toHaveLength(1);
    expect(JSON.stringify(record)).not.toContain('me@example.com');
  });

  it('omits the data of pictures, and keeps addresses without query, fragment, user name and password', async () => {
    await start({ content: { capture: 'messages' } });
    const url = 'https://me:secret@example.com/cat.png?signature=canary#part';
    const picture = (url: string) => ({ type: 'image_url', image_url: { url } }) as const;
    const { attempts } = await ended(ask([picture('data:image/png;base64,aGVsbG8='), picture(url)]));
    const input = attempts[0]!.attributes['gen_ai.input.messages'] as string;
    expect(input).not.toMatch(/aGVsbG8|secret|canary|#part/);
    expect(input).toContain('"uri":"https://example.com/cat.png"');
  });

  it('is cut at maxBytes and marked', async () => {
    await start({ content: { capture: 'messages', maxBytes: 1024 } });
    const { attempts, record } = await ended(ask([{ type: 'text', text: 'long '.repeat(2000) }]));
    expect(attempts[0]!.attributes['llm.content_truncated']).toBe(true);
    expect(record.attempts[0]!.content!.truncated).toBe(true);
    expect((attempts[0]!.attributes['gen_ai.input.messages'] as string).length).toBeLessThan(2000);
  });
});
