import { Injectable } from '@nestjs/common';
import { SpanStatusCode } from '@opentelemetry/api';
import OpenAI from 'openai';
import {
  currentLlmCall,
  LlmCall,
  type CallRecord,
  type LlmErrorType,
  type RecordedResponse,
} from 'nestjs-llm-telemetry';
import { CollectedMetrics } from '../support/metrics.js';
import { chat } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

const CALL = { feature: 'search', operation: 'rank' };

/** Service whose model runs in the process or behind a protocol other than HTTP, so it records responses manually. */
@Injectable()
class Ranking {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall(CALL)
  rank(...responses: RecordedResponse[]): string {
    for (const response of responses) currentLlmCall()!.recordResponse(response);
    return 'ranked';
  }

  @LlmCall(CALL)
  fail(error: unknown, type?: LlmErrorType): string {
    currentLlmCall()!.recordError(error, type);
    return 'answered all the same';
  }

  @LlmCall(CALL)
  async overHttp(): Promise<void> {
    await this.openai.chat.completions.create(chat());
  }
}

const ANSWER: RecordedResponse = {
  provider: 'openai',
  model: 'gpt-4o-mini',
  usage: { inputTokens: 1_000, cachedInputTokens: 400, outputTokens: 200, reasoningTokens: 50 },
  finishReason: 'stop',
};

const spans = new CollectedSpans();

describe('a response recorded with recordResponse()', () => {
  let metrics: CollectedMetrics;
  let telemetry: TelemetryApp;
  let ranking: Ranking;
  beforeAll(async () => {
    metrics = new CollectedMetrics().register();
    const prices = { input: 1, output: 2, cacheWrite12h: 4, tools: { file_search: 2.5 } };
    telemetry = await startTelemetryApp({
      providers: [Ranking],
      options: { pricing: { overrides: { 'gpt-own': prices } } },
    });
    ranking = telemetry.get(Ranking);
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => {
    spans.clear();
    telemetry.records.length = 0;
    telemetry.logger.entries.length = 0;
  });

  const record = (): CallRecord => {
    expect(telemetry.records).toHaveLength(1);
    return telemetry.records[0]!;
  };

  it('creates the same record as a response over HTTP', async () => {
    await ranking.overHttp();
    ranking.rank(ANSWER);
    const [seen, recorded] = telemetry.records as [CallRecord, CallRecord];
    expect(Object.keys(recorded)).toEqual(Object.keys(seen));
    expect(Object.keys(recorded.attempts[0]!)).toEqual(Object.keys(seen.attempts[0]!));
    expect(Object.keys(recorded.usage!)).toEqual(Object.keys(seen.usage!));
    expect(Object.keys(recorded.attempts[0]!.cost!)).toEqual(Object.keys(seen.attempts[0]!.cost!));
  });

  it('is priced by the price table, with cached tokens at the cached price', () => {
    ranking.rank(ANSWER);
    expect(record()).toMatchObject({
      ...CALL,
      provider: 'openai',
      model: 'gpt-4o-mini',
      requestModel: 'gpt-4o-mini',
      usage: {
        inputTokens: 1_000,
        cachedInputTokens: 400,
        outputTokens: 200,
        reasoningTokens: 50,
        source: 'provider',
        clamped: false,
      },
      finishReason: 'stop',
      failure: null,
    });
    expect(record().cost.source).toBe('table');
    // gpt-4o-mini: $0.15 input, $0.075 cached input and $0.60 output per million tokens.
    expect(record().cost.costUsd).toBeCloseTo((600 * 0.15 + 400 * 0.075 + 200 * 0.6) / 1e6, 12);
  });

  it('keeps the tokens written to the 12-hour cache and the tool uses', () => {
    const usage = {
      inputTokens: 1_000,
      cacheWriteTokens12h: 100,
      outputTokens: 10,
      toolUses: { file_search: 2, idle: 0 },
    };
    ranking.rank({ ...ANSWER, usage });
    ranking.rank({ ...ANSWER, usage: { ...usage, toolUses: { file_search: 'twice' } as never } });
    const [readable, unreadable] = telemetry.records;
    expect(readable!.usage).toMatchObject({
      cacheWriteTokens12h: 100,
      toolUses: { file_search: 2 },
      clamped: false,
    });
    expect(unreadable!.usage).toMatchObject({ toolUses: {}, clamped: true });
  });

  it('is priced with its tokens written to the 12-hour cache and its tool uses', () => {
    const usage = { inputTokens: 1_000, outputTokens: 10 };
    const cost = (parts: RecordedResponse['usage']): CallRecord['cost'] => {
      ranking.rank({ ...ANSWER, model: 'gpt-own', usage: { ...usage, ...parts } });
      return telemetry.records.at(-1)!.cost;
    };
    // Per million tokens: $1 input, $2 output, $4 written for 12 hours. Per 1,000 searches: $2.50.
    const plain = (1_000 * 1 + 10 * 2) / 1e6;
    expect(cost({}).costUsd).toBeCloseTo(plain, 12);
    expect(cost({ cacheWriteTokens12h: 100 }).costUsd).toBeCloseTo(plain + (100 * (4 - 1)) / 1e6, 12);
    expect(cost({ toolUses: { file_search: 2 } }).costUsd).toBeCloseTo(plain + 2 * 0.0025, 12);
  });

  it('has a span that is a child of the span of the call', async () => {
    ranking.rank({ ...ANSWER, finishReason: 'length' });
    const [call] = await spans.calls();
    const [attempt] = await spans.attempts();
    expect(attempt!.parentSpanContext?.spanId).toBe(call!.spanContext().spanId);
    expect(attempt!.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.response.model': 'gpt-4o-mini',
      'gen_ai.response.finish_reasons': ['length'],
      'gen_ai.usage.input_tokens': 1_000,
      'gen_ai.usage.output_tokens': 200,
      'gen_ai.usage.cache_read.input_tokens': 400,
      'gen_ai.usage.reasoning.output_tokens': 50,
    });
    expect(call!.attributes).toMatchObject({
      'llm.total_tokens': 1_200,
      'llm.attempts': 1,
      'llm.truncated': true,
    });
    expect(call!.status).toEqual({
      code: SpanStatusCode.ERROR,
      message: 'Response truncated by token limit',
    });
  });

  it('is counted in the metrics', async () => {
    const of = { 'gen_ai.response.model': 'recorded-metrics' };
    ranking.rank({ ...ANSWER, model: 'recorded-metrics' });
    expect(await metrics.sum('llm.calls', of)).toBe(1);
    expect(await metrics.sum('llm.attempts', of)).toBe(1);
    expect(await metrics.sum('llm.tokens', of)).toBe(1_200);
    expect(await metrics.sum('llm.unpriced', of)).toBe(1);
  });

  it('has missing usage and no cost if it is recorded without usage', async () => {
    ranking.rank({ provider: 'local', model: 'recorded-missing' });
    expect(record()).toMatchObject({
      usage: { source: 'missing' },
      cost: { source: 'unknown', costUsd: null },
    });
    const [call] = await spans.calls();
    expect(call!.attributes).toMatchObject({ 'llm.usage_source': 'missing', 'llm.cost_source': 'unknown' });
    expect(call!.attributes).not.toHaveProperty(['llm.estimated_cost_usd']);
    expect(call!.attributes).not.toHaveProperty(['llm.total_tokens']);
    expect(await metrics.sum('llm.usage_missing', { 'gen_ai.response.model': 'recorded-missing' })).toBe(1);
  });

  it('adds its tokens to those of the other attempts of the call', () => {
    ranking.rank(ANSWER, ANSWER);
    expect(record().attempts.map(({ attempt, isRetry }) => [attempt, isRetry])).toEqual([
      [0, false],
      [1, false],
    ]);
    expect(record().usage).toMatchObject({ inputTokens: 2_000, outputTokens: 400 });
  });

  it('does not change if the recorded object is changed later', () => {
    const usage = { inputTokens: 5, outputTokens: 3 };
    class Reused {
      @LlmCall(CALL)
      rank(): void {
        currentLlmCall()!.recordResponse({ provider: 'openai', model: 'gpt-4o-mini', usage });
        usage.inputTokens = 99;
      }
    }
    new Reused().rank();
    expect(record().usage).toMatchObject({ inputTokens: 5, outputTokens: 3 });
  });

  it.each<[string, NonNullable<RecordedResponse['usage']>, object]>([
    ['negative', { inputTokens: -5, outputTokens: 3 }, { inputTokens: 0, outputTokens: 3 }],
    [
      'more cached than input tokens',
      { inputTokens: 10, cachedInputTokens: 11 },
      { inputTokens: 10, cachedInputTokens: 10 },
    ],
    [
      'parts that are not numbers',
      {
        inputTokens: 10,
        outputTokens: 3,
        reasoningTokens: NaN,
        cachedInputTokens: 'few' as unknown as number,
      },
      { inputTokens: 10, outputTokens: 3, reasoningTokens: 0, cachedInputTokens: 0 },
    ],
  ])('has its counts clamped and flagged if they contradict each other: %s', (_what, usage, expected) => {
    expect(ranking.rank({ ...ANSWER, usage })).toBe('ranked');
    expect(record().usage).toMatchObject({ ...expected, clamped: true, source: 'provider' });
  });

  it.each<[string, unknown]>([
    ['NaN', { inputTokens: NaN, outputTokens: 3 }],
    ['infinite', { inputTokens: 3, outputTokens: Infinity }],
    ['text', { inputTokens: 'many', outputTokens: 3 }],
    ['null', null],
    ['a number', 17],
  ])('has missing usage, not usage of 0, if its counts are invalid: %s', (_what, usage) => {
    expect(ranking.rank({ ...ANSWER, usage: usage as RecordedResponse['usage'] })).toBe('ranked');
    expect(record()).toMatchObject({ usage: { source: 'missing' }, cost: { source: 'unknown' } });
  });

  it('has no price if the name of the model is not a string', () => {
    expect(ranking.rank({ ...ANSWER, provider: 7, model: {} } as unknown as RecordedResponse)).toBe('ranked');
    expect(record()).toMatchObject({ provider: 'unknown', model: null, cost: { source: 'unknown' } });
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'gpt-4o-mini'],
    ['an object whose getters throw', throwing('model')],
    [
      'a usage whose getters throw',
      { provider: 'openai', model: 'gpt-4o-mini', usage: throwing('inputTokens') },
    ],
    ['a proxy that throws', new Proxy({}, { get: refuse, ownKeys: refuse, has: refuse })],
  ])('never causes an exception: %s', (_what, response) => {
    expect(ranking.rank(response as RecordedResponse, ANSWER)).toBe('ranked');
    expect(record().attempts.at(-1)).toMatchObject({ usage: { inputTokens: 1_000, source: 'provider' } });
  });
});

describe('an error recorded with recordError()', () => {
  let telemetry: TelemetryApp;
  let ranking: Ranking;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({ providers: [Ranking] });
    ranking = telemetry.get(Ranking);
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => {
    spans.clear();
    telemetry.records.length = 0;
  });

  it.each<[string, unknown, LlmErrorType | undefined, object]>([
    [
      'of the type given',
      new TypeError('canary'),
      'rate_limit',
      { type: 'rate_limit', errorClass: 'TypeError' },
    ],
    [
      'with the type given by the application',
      Object.assign(new Error('canary'), { status: 429 }),
      undefined,
      { type: 'rate_limit' },
    ],
    ['that is a string', 'canary', undefined, { type: 'unknown', errorClass: 'string' }],
    ['that is undefined', undefined, undefined, { type: 'unknown', errorClass: 'undefined' }],
    ['whose getters throw', throwing('message'), undefined, { type: 'unknown' }],
    ['of an unknown type', new Error('canary'), 'canary' as LlmErrorType, { type: 'unknown' }],
  ])('%s fails the call and does not record its message', async (_what, error, type, failure) => {
    expect(ranking.fail(error, type)).toBe('answered all the same');
    expect(telemetry.records).toMatchObject([{ failure }]);
    const [call] = await spans.calls();
    expect(call!.status.code).toBe(SpanStatusCode.ERROR);
    expect(call!.status.message).toEqual(expect.any(String));
    expect(call!.attributes['llm.error']).toBe(true);
    expect(JSON.stringify([call!.attributes, call!.status, call!.events, telemetry.records])).not.toContain(
      'canary',
    );
  });
});

function refuse(): never {
  throw new Error('hostile');
}

function throwing(member: string): object {
  return Object.defineProperty({}, member, { get: refuse, enumerable: true });
}
