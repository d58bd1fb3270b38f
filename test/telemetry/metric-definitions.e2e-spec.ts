import { metrics, ValueType } from '@opentelemetry/api';
import { DataPointType, type Histogram, type MetricData } from '@opentelemetry/sdk-metrics';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import { CollectedMetrics } from '../support/metrics.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** Type, unit, description and buckets of metrics, on which dashboards, alerts and Prometheus names depend. */

const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

type Definition = [kind: 'counter' | 'histogram', unit: string, buckets: number[] | null];

const LLM: Record<string, Definition> = {
  'llm.calls': ['counter', '{call}', null],
  'llm.cost': ['counter', 'USD', null],
  'llm.tokens': ['counter', '{token}', null],
  'llm.call.duration': ['histogram', 's', SECONDS],
  'llm.time_to_first_token': ['histogram', 's', SECONDS],
  'llm.truncated': ['counter', '{call}', null],
  'llm.errors': ['counter', '{call}', null],
  'llm.attempts': ['counter', '{attempt}', null],
  'llm.unpriced': ['counter', '{call}', null],
  'llm.usage_missing': ['counter', '{call}', null],
};

const OPERATION: Record<string, Definition> = {
  'gen_ai.client.operation.duration': ['histogram', 's', SECONDS],
  'gen_ai.client.operation.time_to_first_chunk': ['histogram', 's', SECONDS],
  'gen_ai.client.operation.time_per_output_chunk': ['histogram', 's', SECONDS],
  'gen_ai.client.token.usage': ['histogram', '{token}', TOKENS],
};

const INFERENCE: Record<string, Definition> = {
  'gen_ai.client.inference.duration': ['histogram', 's', SECONDS],
  'gen_ai.client.inference.time_to_first_chunk': ['histogram', 's', SECONDS],
  'gen_ai.client.inference.time_per_output_chunk': ['histogram', 's', SECONDS],
  'gen_ai.client.inference.operation.input_tokens': ['histogram', '{token}', TOKENS],
  'gen_ai.client.inference.operation.output_tokens': ['histogram', '{token}', TOKENS],
  'gen_ai.client.inference.usage.input_tokens': ['counter', '{token}', null],
  'gen_ai.client.inference.usage.output_tokens': ['counter', '{token}', null],
  'gen_ai.client.inference.usage.cache_read.input_tokens': ['counter', '{token}', null],
  'gen_ai.client.inference.usage.cache_write.input_tokens': ['counter', '{token}', null],
  'gen_ai.client.inference.usage.reasoning.output_tokens': ['counter', '{token}', null],
};

/** Usage as the provider sends it, with every type of token. */
const USAGE = {
  prompt_tokens: 1000,
  completion_tokens: 300,
  prompt_tokens_details: { cached_tokens: 400, cache_write_tokens: 128, audio_tokens: 50 },
  completion_tokens_details: { reasoning_tokens: 200, audio_tokens: 30 },
};

describe('metrics', () => {
  let collected: CollectedMetrics;
  let telemetry: TelemetryApp;
  beforeEach(async () => {
    collected = new CollectedMetrics().register();
  });
  afterEach(async () => {
    await telemetry.stop();
    metrics.disable();
  });

  /** Sends a request to a model and reads its response. */
  async function ask({
    model = 'gpt-4o-mini',
    host = 'api.openai.com',
    respond = () =>
      Response.json({
        model,
        choices: [{ message: { content: 'Hi.' }, finish_reason: 'length' }],
        usage: USAGE,
      }),
  }: { model?: string; host?: string; respond?: () => Response } = {}): Promise<void> {
    const llm = telemetry.get(LlmTelemetry);
    await llm.run({ feature: 'orders', operation: 'summarize' }, async () => {
      const response = await llm.wrapFetch(async () => respond())(`https://${host}/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hi.' }] }),
      });
      await response.text();
    });
  }

  const stream = (): Response =>
    new Response(
      ['Hi', ' there', '.']
        .map((content) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`)
        .join('') + 'data: [DONE]\n\n',
      { headers: { 'content-type': 'text/event-stream' } },
    );

  /** Returns all metrics after traffic that is counted in each of them. */
  async function allMetrics(semconv: '1.41' | 'latest' | 'both'): Promise<ReadonlyMap<string, MetricData>> {
    telemetry = await startTelemetryApp({ options: { semconv } });
    await ask();
    await ask({ respond: stream });
    const fails = ask({
      respond: () => {
        throw new TypeError('fetch failed');
      },
    });
    await expect(fails).rejects.toThrow('fetch failed');
    await telemetry.flush();
    return collected.all();
  }

  it.each([
    ['1.41', { ...LLM, ...OPERATION }],
    ['latest', { ...LLM, ...INFERENCE }],
    ['both', { ...LLM, ...OPERATION, ...INFERENCE }],
  ] as const)('have the expected types, units and buckets with semconv %s', async (semconv, definitions) => {
    const all = await allMetrics(semconv);
    const read = [...all].map(([name, { descriptor, dataPointType, dataPoints }]): [string, Definition] => {
      const first = dataPoints[0]?.value as Histogram | undefined;
      return dataPointType === DataPointType.HISTOGRAM
        ? [name, ['histogram', descriptor.unit, first!.buckets.boundaries]]
        : [name, ['counter', descriptor.unit, null]];
    });
    expect(Object.fromEntries(read)).toEqual(definitions);
    for (const metric of all.values()) {
      const { name, description, unit, valueType } = metric.descriptor;
      expect([name, description]).toEqual([name, expect.stringMatching(/^[A-Z][^\n]+\.$/)]);
      const whole = unit.startsWith('{');
      expect([name, valueType]).toEqual([name, whole ? ValueType.INT : ValueType.DOUBLE]);
      if (metric.dataPointType === DataPointType.SUM)
        expect([name, metric.isMonotonic]).toEqual([name, true]);
    }
  });

  it('count each part of a usage under its own token type, and audio separately', async () => {
    telemetry = await startTelemetryApp({ options: { semconv: 'latest' } });
    await ask();
    await telemetry.flush();
    const usage = async (kind: string): Promise<object> =>
      Object.fromEntries(
        (await collected.points(`gen_ai.client.inference.usage.${kind}`)).map(({ attributes, value }) => [
          attributes['gen_ai.token.modality'],
          value,
        ]),
      );
    expect(await usage('input_tokens')).toEqual({ audio: 50, unknown: 950 });
    expect(await usage('output_tokens')).toEqual({ audio: 30, unknown: 270 });
    expect(await usage('cache_read.input_tokens')).toEqual({ unknown: 400 });
    expect(await usage('cache_write.input_tokens')).toEqual({ unknown: 128 });
    expect(await usage('reasoning.output_tokens')).toEqual({ unknown: 200 });
  });

  it('have bounded attributes, whatever names requests and responses contain', async () => {
    telemetry = await startTelemetryApp({ options: { semconv: 'both' } });
    for (let index = 0; index < 700; index++)
      await ask({ model: `model-${index}`, host: `host-${index}.example.com` });
    await telemetry.flush();
    for (const [name, { dataPoints }] of await collected.all()) {
      const values = (attribute: string): number =>
        new Set(dataPoints.map(({ attributes }) => attributes[attribute]).filter(Boolean)).size;
      for (const attribute of ['gen_ai.response.model', 'gen_ai.request.model', 'server.address'])
        expect([name, attribute, values(attribute) <= 201]).toEqual([name, attribute, true]);
    }
    const calls = await collected.points('llm.calls');
    expect(calls.reduce((sum, { value }) => sum + value, 0)).toBe(700);
    expect(calls.length).toBe(201);
  });
});
