import { Injectable } from '@nestjs/common';
import Anthropic from '@anthropic-ai/sdk';
import { metrics, type Attributes, type MeterProvider } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { currentLlmCall, LlmCall, LlmTelemetry, type CallRecord, type Semconv } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { CollectedMetrics } from '../support/metrics.js';
import { chat, message } from '../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

const GPT = 'gpt-4o-mini-2024-07-18';
const CLAUDE = 'claude-haiku-4-5-20251001';

/** USD per million tokens. */
const PRICES: Record<string, { input: number; output: number }> = {
  [GPT]: { input: 0.15, output: 0.6 },
  [CLAUDE]: { input: 1, output: 5 },
};

@Injectable()
class Assistant {
  constructor(
    readonly openai: OpenAI,
    readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(text: string): Promise<void> {
    await this.openai.chat.completions.create({ ...chat(text), max_tokens: 60 });
  }

  @LlmCall({ feature: 'orders', operation: 'compare' })
  async compare(text: string): Promise<void> {
    await Promise.all([
      this.openai.chat.completions.create(chat(text)),
      this.anthropic.messages.create(message(text)),
    ]);
  }

  @LlmCall({ feature: 'support', operation: 'classify' })
  async classify(text: string): Promise<void> {
    await this.anthropic.messages.create(message(text));
  }

  @LlmCall({ feature: 'support', operation: 'stream' })
  async stream(text: string): Promise<void> {
    const chunks = await this.openai.chat.completions.create({
      ...chat(text),
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of chunks) void chunk;
  }

  @LlmCall({ feature: 'support', operation: 'local' })
  local(provider: string, model: string): void {
    currentLlmCall()!.recordResponse({ provider, model, usage: { inputTokens: 3, outputTokens: 2 } });
  }
}

const telemetryApp = (semconv?: Semconv): Promise<TelemetryApp> =>
  startTelemetryApp({ providers: [Assistant], maxRetries: 2, options: { semconv } });

/** What the SDK throws is the application's affair, and tested elsewhere. */
const settled = (call: Promise<void>): Promise<void> => call.catch(() => undefined);

async function mixedTraffic(assistant: Assistant): Promise<void> {
  const calls: Array<Promise<void>> = [];
  for (let index = 0; index < 24; index++) {
    const text = `Order #${index}: ${'a lamp and '.repeat(index % 7)}a cable.`;
    const trouble = TROUBLE[index % TROUBLE.length]!;
    calls.push(
      assistant.summarize(`${text} ${trouble}`),
      assistant.classify(`${text} ${trouble}`),
      assistant.stream(`${text} ${trouble}`),
      assistant.compare(text),
    );
    assistant.local('local', 'llama');
  }
  await Promise.all(calls.map(settled));
}

const TROUBLE = [
  '',
  '[emulate rate_limit attempts=1 retry_after=0]',
  '[emulate truncate after=5]',
  '',
  '[emulate overloaded attempts=2 retry_after=0]',
  '[emulate rate_limit retry_after=0]',
  '[emulate bad_request]',
  '[emulate refuse]',
];

describe('metrics', () => {
  let collected: CollectedMetrics;
  beforeEach(() => {
    collected = new CollectedMetrics().register();
  });
  afterAll(() => metrics.disable());

  describe('of mixed traffic', () => {
    let telemetry: TelemetryApp;
    beforeAll(async () => {
      collected = new CollectedMetrics().register();
      telemetry = await telemetryApp();
      await mixedTraffic(telemetry.get(Assistant));
      await telemetry.flush();
    });
    afterAll(() => telemetry.stop());

    /** The provider's bill for a feature and a model: which request was whose, the records know. */
    function bill(feature: string, model: string): { input: number; output: number; requests: number } {
      const sum = { input: 0, output: 0, requests: 0 };
      for (const record of telemetry.records.filter((one) => one.feature === feature)) {
        for (const { requestId } of record.attempts) {
          const entry = telemetry.emulator.ledger.find(requestId!);
          if (!entry?.billed || entry.model !== model) continue;
          sum.input += entry.inputTokens;
          sum.output += entry.outputTokens;
          sum.requests++;
        }
      }
      return sum;
    }

    // The provider was replaced before this test: the application still counts where it did at its start.
    let own: CollectedMetrics;
    beforeAll(() => {
      own = collected;
    });

    it.each([
      ['orders', GPT],
      ['orders', CLAUDE],
      ['support', GPT],
      ['support', CLAUDE],
    ])('match the bill of %s for %s', async (feature, model) => {
      const billed = bill(feature, model);
      expect(billed.requests).toBeGreaterThan(10);
      const of = { 'llm.feature': feature, 'gen_ai.response.model': model };
      expect(await own.sum('llm.tokens', { ...of, 'gen_ai.token.type': 'input' })).toBe(billed.input);
      expect(await own.sum('llm.tokens', { ...of, 'gen_ai.token.type': 'output' })).toBe(billed.output);
      const price = PRICES[model]!;
      expect(await own.sum('llm.cost', of)).toBeCloseTo(
        (billed.input * price.input + billed.output * price.output) / 1e6,
        12,
      );
    });

    const records = (matches: (record: CallRecord) => boolean): number =>
      telemetry.records.filter(matches).length;

    it('count calls by their result', async () => {
      expect(await own.sum('llm.calls')).toBe(24 * 5);
      for (const operation of ['summarize', 'classify', 'stream', 'compare', 'local']) {
        expect(await own.sum('llm.calls', { 'llm.operation': operation })).toBe(24);
      }
      expect(await own.sum('llm.truncated')).toBe(records(({ truncated }) => truncated));
      expect(await own.sum('llm.truncated', { 'llm.operation': 'classify' })).toBe(3);
      expect(await own.sum('llm.truncated', { 'llm.operation': 'compare' })).toBe(0);
      for (const type of ['rate_limit', 'bad_request']) {
        expect(await own.sum('llm.errors', { 'llm.error_type': type })).toBe(9);
      }
      expect(await own.sum('llm.errors')).toBe(18);
      expect(await own.sum('llm.unpriced')).toBe(24);
      expect(await own.sum('llm.unpriced', { 'gen_ai.response.model': 'llama' })).toBe(24);
      expect(await own.sum('llm.usage_missing')).toBe(0);
    });

    it('count attempts, including retries of the SDKs', async () => {
      const attempts = telemetry.records.flatMap((record) => record.attempts);
      expect(await own.sum('llm.attempts')).toBe(attempts.length);
      expect(telemetry.emulator.requests).toHaveLength(attempts.length - 24);
      expect(await own.sum('llm.attempts', { 'llm.is_retry': true })).toBe(
        attempts.filter(({ isRetry }) => isRetry).length,
      );
      expect(await own.sum('llm.attempts', { 'llm.error_type': 'rate_limit' })).toBe(
        attempts.filter(({ failure }) => failure?.type === 'rate_limit').length,
      );
      const succeeded = (await own.points('llm.attempts')).filter(
        ({ attributes }) => attributes['llm.error_type'] === undefined,
      );
      expect(succeeded.reduce((sum, { value }) => sum + value, 0)).toBe(
        attempts.filter(({ failure }) => failure === null).length,
      );
    });

    it('record durations in seconds, one for each call and one for each attempt', async () => {
      const calls = await own.points('llm.call.duration');
      const seconds = telemetry.records.reduce((sum, { durationMs }) => sum + durationMs / 1000, 0);
      expect(calls.reduce((sum, { count }) => sum + count!, 0)).toBe(24 * 5);
      expect(calls.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(seconds, 6);
      const attempts = await own.points('gen_ai.client.operation.duration');
      expect(attempts.reduce((sum, { count }) => sum + count!, 0)).toBe(
        telemetry.emulator.requests.length + 24,
      );
    });

    it('record time to first token only for streams', async () => {
      const streams = records(({ timeToFirstTokenMs }) => timeToFirstTokenMs !== null);
      expect(streams).toBe(18);
      for (const name of [
        'llm.time_to_first_token',
        'gen_ai.client.operation.time_to_first_chunk',
        'gen_ai.client.operation.time_per_output_chunk',
      ]) {
        const points = await own.points(name);
        expect([name, points.map(({ count }) => count)]).toEqual([name, [streams]]);
      }
      expect((await own.points('llm.time_to_first_token'))[0]!.attributes).toEqual({
        'llm.feature': 'support',
        'llm.operation': 'stream',
        'gen_ai.provider.name': 'openai',
        'gen_ai.response.model': GPT,
      });
    });

    it('do not change when they are read', async () => {
      const read = async (): Promise<unknown> =>
        [...(await own.all())].map(([name, { dataPoints }]) => [name, dataPoints.map(({ value }) => value)]);
      const before = await read();
      expect(await read()).toEqual(before);
    });
  });

  describe('of one call', () => {
    let telemetry: TelemetryApp;
    let assistant: Assistant;
    beforeEach(async () => {
      telemetry = await telemetryApp();
      assistant = telemetry.get(Assistant);
    });
    afterEach(() => telemetry.stop());

    it('count its retries as attempts and its tokens once', async () => {
      await assistant.summarize('[emulate rate_limit attempts=2 retry_after=0] A lamp.');
      await telemetry.flush();
      expect(await collected.points('llm.calls')).toEqual([
        {
          attributes: {
            'llm.feature': 'orders',
            'llm.operation': 'summarize',
            'gen_ai.provider.name': 'openai',
            'gen_ai.response.model': GPT,
          },
          value: 1,
          count: null,
        },
      ]);
      expect(await collected.sum('llm.attempts')).toBe(3);
      expect(await collected.points('llm.errors')).toEqual([]);
      const { usage, cost } = telemetry.records[0]!;
      expect(await collected.sum('llm.tokens')).toBe(usage!.inputTokens + usage!.outputTokens);
      expect(await collected.sum('llm.cost')).toBe(cost.costUsd);
    });

    it('have the attributes of the semantic conventions', async () => {
      await settled(assistant.summarize('[emulate bad_request] A lamp.'));
      await assistant.summarize('A lamp.');
      await telemetry.flush();
      const { hostname, port } = new URL(telemetry.emulator.url);
      const request = {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o-mini',
        'server.address': hostname,
        'server.port': Number(port),
      };
      const answered = { ...request, 'gen_ai.response.model': GPT };
      const attributes = async (name: string): Promise<Attributes[]> =>
        (await collected.points(name)).map((point) => point.attributes);
      expect(await attributes('gen_ai.client.operation.duration')).toEqual([
        { ...request, 'error.type': 'bad_request' },
        answered,
      ]);
      expect(await attributes('gen_ai.client.token.usage')).toEqual([
        { ...answered, 'gen_ai.token.type': 'input' },
        { ...answered, 'gen_ai.token.type': 'output' },
      ]);
    });

    it('have the buckets of the semantic conventions', async () => {
      await assistant.stream('A lamp.');
      await telemetry.flush();
      const all = await collected.all();
      const boundaries = (name: string): unknown => {
        const { value } = all.get(name)!.dataPoints[0]!;
        return (value as { buckets: { boundaries: number[] } }).buckets.boundaries;
      };
      const doubling = Array.from({ length: 14 }, (_, index) => 2 ** index / 100);
      for (const name of [
        'llm.call.duration',
        'llm.time_to_first_token',
        'gen_ai.client.operation.duration',
        'gen_ai.client.operation.time_to_first_chunk',
        'gen_ai.client.operation.time_per_output_chunk',
      ]) {
        expect(boundaries(name)).toEqual(doubling);
      }
      expect(boundaries('gen_ai.client.token.usage')).toEqual(
        Array.from({ length: 14 }, (_, index) => 4 ** index),
      );
    });

    it('count it as unpriced, without a cost, if the model has no price', async () => {
      assistant.local('local', 'llama');
      const of = { 'gen_ai.response.model': 'llama' };
      expect(await collected.sum('llm.unpriced', of)).toBe(1);
      expect(await collected.sum('llm.usage_missing', of)).toBe(0);
      expect(await collected.sum('llm.tokens', of)).toBe(5);
      expect(await collected.sum('llm.cost')).toBeNull();
    });

    it('count missing usage, without tokens and cost, if its response was not read', async () => {
      let response!: Response;
      await telemetry.get(LlmTelemetry).run({ feature: 'orders', operation: 'unread' }, async () => {
        response = await fetch(`${telemetry.emulator.openaiBaseUrl}/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: 'Bearer sk-canary-openai-key' },
          body: JSON.stringify(chat()),
        });
      });
      await telemetry.flush();
      expect(telemetry.records).toMatchObject([{ usage: { source: 'missing' } }]);
      expect(await collected.sum('llm.calls')).toBe(1);
      expect(await collected.sum('llm.usage_missing')).toBe(1);
      expect(await collected.sum('llm.unpriced')).toBe(0);
      for (const name of ['llm.tokens', 'llm.cost', 'gen_ai.client.token.usage']) {
        expect([name, await collected.points(name)]).toEqual([name, []]);
      }
      await response.body!.cancel();
    });

    it('count no error if the application aborts it', async () => {
      const signal = AbortSignal.abort();
      await settled(
        telemetry
          .get(LlmTelemetry)
          .run(
            { feature: 'orders', operation: 'abort' },
            async () => void (await assistant.openai.chat.completions.create(chat(), { signal })),
          ),
      );
      expect(telemetry.records).toMatchObject([{ failure: { type: 'aborted' } }]);
      expect(await collected.sum('llm.calls')).toBe(1);
      expect(await collected.points('llm.errors')).toEqual([]);
    });

    it('are complete when the SDK collects, without a flush', async () => {
      assistant.local('local', 'llama');
      expect(await collected.points('llm.call.duration')).toMatchObject([{ count: 1 }]);
    });

    it('are all exported after a flush', async () => {
      const recorded: number[] = [];
      const meter = {
        createObservableCounter: () => ({}),
        createHistogram: () => ({ record: (value: number) => void recorded.push(value) }),
        addBatchObservableCallback: () => {},
      };
      metrics.disable();
      metrics.setGlobalMeterProvider({ getMeter: () => meter } as unknown as MeterProvider);
      const other = await telemetryApp();
      other.get(Assistant).local('local', 'llama');
      expect(recorded).toEqual([]);
      await other.flush();
      // The durations of call and attempt, and the tokens.
      expect(recorded).toEqual([expect.any(Number), expect.any(Number), 3, 2]);
      await other.stop();
    });

    it('have a bounded number of series, whatever the names of models are', async () => {
      const names = ['x'.repeat(100_000), 'line\nbreak', '', 'nul\0', '__proto__', 'constructor'];
      for (let index = 0; index < 3000; index++) names.push(`model-${index}`);
      for (const name of names) assistant.local('local', name);
      const points = await collected.points('llm.calls');
      // Of 200 names, of the others, and of the missing name.
      expect(points).toHaveLength(202);
      expect(points.reduce((sum, { value }) => sum + value, 0)).toBe(names.length);
      expect(await collected.sum('llm.calls', { 'gen_ai.response.model': 'other' })).toBe(names.length - 201);
      expect(await collected.sum('llm.calls', { 'gen_ai.response.model': '__proto__' })).toBe(1);
    });
  });

  describe('with names', () => {
    const embedding = {
      object: 'list',
      model: 'text-embedding-3-small',
      data: [],
      usage: { prompt_tokens: 7 },
    };

    async function namesOf(semconv: Semconv): Promise<readonly string[]> {
      const telemetry = await telemetryApp(semconv);
      const llm = telemetry.get(LlmTelemetry);
      await telemetry.get(Assistant).stream('A lamp.');
      await settled(telemetry.get(Assistant).stream('A lamp. [emulate cut after=3]'));
      await llm.run({ feature: 'search', operation: 'embed' }, async () => {
        const answer = await llm.wrapFetch(async () => Response.json(embedding))(
          'https://api.openai.com/v1/embeddings',
          { method: 'POST', body: JSON.stringify({ model: 'text-embedding-3-small', input: 'A lamp.' }) },
        );
        await answer.json();
      });
      await telemetry.flush();
      const all = await collected.all();
      await telemetry.stop();
      return [...all.keys()].filter((name) => name.startsWith('gen_ai.')).sort();
    }

    const OPERATION = [
      'gen_ai.client.operation.duration',
      'gen_ai.client.operation.time_per_output_chunk',
      'gen_ai.client.operation.time_to_first_chunk',
      'gen_ai.client.token.usage',
    ];
    const INFERENCE = [
      'gen_ai.client.inference.duration',
      'gen_ai.client.inference.operation.input_tokens',
      'gen_ai.client.inference.operation.output_tokens',
      'gen_ai.client.inference.time_per_output_chunk',
      'gen_ai.client.inference.time_to_first_chunk',
      'gen_ai.client.inference.usage.input_tokens',
      'gen_ai.client.inference.usage.output_tokens',
    ];
    const EMBEDDINGS = ['gen_ai.client.operation.duration', 'gen_ai.client.token.usage'];

    it('of the semantic conventions 1.41', async () => {
      expect(await namesOf('1.41')).toEqual(OPERATION);
    });

    it('of the latest semantic conventions, except for embeddings', async () => {
      expect(await namesOf('latest')).toEqual([...INFERENCE, ...EMBEDDINGS]);
      for (const name of EMBEDDINGS) {
        for (const { attributes, count } of await collected.points(name)) {
          expect([attributes['gen_ai.operation.name'], count]).toEqual(['embeddings', 1]);
          expect(attributes['server.address']).toBe('api.openai.com');
        }
      }
      expect(await collected.sum('gen_ai.client.token.usage', { 'gen_ai.token.type': 'input' })).toBe(7);
    });

    it('of both versions have embeddings once', async () => {
      expect(await namesOf('both')).toEqual([...INFERENCE, ...OPERATION]);
      const durations = await collected.points('gen_ai.client.operation.duration', {
        'gen_ai.operation.name': 'embeddings',
      });
      expect(durations).toMatchObject([{ count: 1 }]);
    });

    it('count tokens of failed streams in the sum but not in the distribution', async () => {
      await namesOf('latest');
      const [completed] = await collected.points('gen_ai.client.inference.operation.output_tokens');
      expect(completed!.count).toBe(1);
      expect(await collected.sum('gen_ai.client.inference.usage.output_tokens')).toBeGreaterThan(
        completed!.value,
      );
      expect(await collected.sum('gen_ai.client.inference.usage.input_tokens')).toBe(
        await collected.sum('llm.tokens', { 'gen_ai.token.type': 'input', 'llm.feature': 'support' }),
      );
    });
  });

  describe('of several applications', () => {
    const calls = (operation: string): Promise<number | null> =>
      collected.sum('llm.calls', { 'llm.operation': operation });

    it('are added up and stay when one application stops', async () => {
      const one = await telemetryApp();
      const other = await telemetryApp('both');
      try {
        one.get(Assistant).local('local', 'llama');
        other.get(Assistant).local('local', 'llama');
        expect(await calls('local')).toBe(2);
        other.get(Assistant).local('local', 'llama');
        await other.stop();
        expect(await calls('local')).toBe(3);
        one.get(Assistant).local('local', 'llama');
        expect(await calls('local')).toBe(4);
        expect((await collected.points('llm.calls')).length).toBe(1);
      } finally {
        await one.stop();
      }
    });

    it('are collected once more when the last application stops, and continue when one starts again', async () => {
      const meter = collected.provider.getMeter('nestjs-llm-telemetry');
      const added = import.meta.jest.spyOn(meter, 'addBatchObservableCallback');
      const removed = import.meta.jest.spyOn(meter, 'removeBatchObservableCallback');
      const one = await telemetryApp();
      one.get(Assistant).local('local', 'llama');
      await calls('local');
      await one.stop();
      expect(removed).not.toHaveBeenCalled();
      expect(await calls('local')).toBe(1);
      expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([1, 1]);

      const next = await telemetryApp();
      next.get(Assistant).local('local', 'llama');
      expect(await calls('local')).toBe(2);
      await next.stop();
      await calls('local');
      expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([2, 2]);
    });

    it.each([
      ['with a provider', () => collected.register()],
      ['without', () => metrics.disable()],
    ])('count a call that ends after its application, started %s, has stopped', async (_what, before) => {
      const meter = collected.provider.getMeter('nestjs-llm-telemetry');
      const removed = import.meta.jest.spyOn(meter, 'removeBatchObservableCallback');
      before();
      const telemetry = await telemetryApp();
      const assistant = telemetry.get(Assistant);
      await telemetry.app.close();
      collected.register();
      assistant.local('local', 'llama');
      expect(await calls('local')).toBe(1);
      expect(removed).toHaveBeenCalledTimes(1);
      await telemetry.emulator.stop();
    });
  });

  describe('without a meter provider', () => {
    it('are not recorded until one is registered', async () => {
      metrics.disable();
      const telemetry = await telemetryApp();
      telemetry.get(Assistant).local('local', 'llama');
      collected.register();
      telemetry.get(Assistant).local('local', 'llama');
      expect(await collected.sum('llm.calls')).toBe(1);
      await telemetry.stop();
    });

    it('or with the module disabled create no instruments', async () => {
      const getMeter = import.meta.jest.spyOn(collected.provider, 'getMeter');
      const telemetry = await startTelemetryApp({ providers: [Assistant], options: { enabled: false } });
      await telemetry.get(Assistant).summarize('A lamp.');
      expect(getMeter).not.toHaveBeenCalled();
      expect(await collected.all()).toEqual(new Map());
      await telemetry.stop();
    });
  });

  describe('of a broken meter provider do not affect calls:', () => {
    const fire = (): never => {
      throw new Error('telemetry is on fire');
    };
    const works = { addBatchObservableCallback: () => {}, removeBatchObservableCallback: fire };
    const counter = { createObservableCounter: () => ({}) };

    it.each([
      ['a provider that throws', { getMeter: fire }],
      ['a meter that throws', { getMeter: () => ({ createObservableCounter: fire, createHistogram: fire }) }],
      ['a provider without a meter', { getMeter: () => undefined }],
      [
        'a histogram that throws',
        { getMeter: () => ({ ...works, ...counter, createHistogram: () => ({ record: fire }) }) },
      ],
      [
        'a meter that takes no callback',
        {
          getMeter: () => ({
            ...counter,
            addBatchObservableCallback: fire,
            createHistogram: () => ({ record: () => {} }),
          }),
        },
      ],
    ])('%s', async (_what, provider) => {
      metrics.disable();
      metrics.setGlobalMeterProvider(provider as unknown as MeterProvider);
      const telemetry = await telemetryApp();
      await telemetry.get(Assistant).summarize('A lamp.');
      await expect(telemetry.get(Assistant).summarize('[emulate bad_request]')).rejects.toBeInstanceOf(
        OpenAI.BadRequestError,
      );
      await telemetry.flush();
      expect(telemetry.records).toHaveLength(2);
      await telemetry.stop();
    });
  });

  it('have these names in Prometheus', async () => {
    const exporter = new PrometheusExporter({ preventServerStart: true });
    new CollectedMetrics(exporter).register();
    const telemetry = await telemetryApp('both');
    const assistant = telemetry.get(Assistant);
    await assistant.stream('A lamp.');
    await settled(assistant.stream('[emulate bad_request]'));
    await telemetry.flush();
    const text = new PrometheusSerializer().serialize((await exporter.collect()).resourceMetrics);
    await telemetry.stop();
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    expect(types.sort()).toEqual([
      'gen_ai_client_inference_duration histogram',
      'gen_ai_client_inference_operation_input_tokens histogram',
      'gen_ai_client_inference_operation_output_tokens histogram',
      'gen_ai_client_inference_time_per_output_chunk histogram',
      'gen_ai_client_inference_time_to_first_chunk histogram',
      'gen_ai_client_inference_usage_input_tokens_total counter',
      'gen_ai_client_inference_usage_output_tokens_total counter',
      'gen_ai_client_operation_duration histogram',
      'gen_ai_client_operation_time_per_output_chunk histogram',
      'gen_ai_client_operation_time_to_first_chunk histogram',
      'gen_ai_client_token_usage histogram',
      'llm_attempts_total counter',
      'llm_call_duration histogram',
      'llm_calls_total counter',
      'llm_cost_total counter',
      'llm_errors_total counter',
      'llm_time_to_first_token histogram',
      'llm_tokens_total counter',
      'llm_truncated_total counter',
      'llm_unpriced_total counter',
      'llm_usage_missing_total counter',
      'target_info gauge',
    ]);
    expect(text).toContain(
      `llm_calls_total{gen_ai_provider_name="openai",gen_ai_response_model="${GPT}",llm_feature="support",llm_operation="stream",`,
    );
    expect(text).toMatch(/^llm_attempts_total\{[^}]*llm_error_type="bad_request"[^}]*llm_is_retry="false"/m);
    expect(text).toMatch(/^llm_call_duration_bucket\{[^}]*le="10.24"/m);
  });
});
