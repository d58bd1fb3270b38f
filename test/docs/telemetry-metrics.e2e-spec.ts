import { metrics as metricsApi } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import {
  MAX_SETS,
  MAX_VALUE_LENGTH,
  MAX_VALUES,
} from '../../src/llm-telemetry/sinks/metrics/attribute-sets.js';
import { CollectedMetrics } from '../support/metrics.js';
import {
  Assistant,
  ended,
  metrics,
  MODEL,
  start,
  startWithoutMetrics,
  telemetry,
} from './support/annotated-orders.js';

/** Verifies the claims of docs/telemetry.md on metrics. */

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

  it('have the documented names, units and attributes', async () => {
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

  it('count calls, tokens by type including estimates, known costs, and truncated calls', async () => {
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

  it('record the time to the first token for streams only', async () => {
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

  it('count each of two models in a call separately, and the requested model if there is no response', async () => {
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

  it('include the client metrics of the GenAI conventions, under the names that semconv selects', async () => {
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

  it('have at most 200 values per attribute and 500 sets, and count the rest under other', async () => {
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

  it('are recorded in a provider that is registered after the start, from then on', async () => {
    await start();
    await telemetry.stop();
    metricsApi.disable();
    await startWithoutMetrics();
    telemetry.get(Assistant).byHand({});
    metrics.register();
    telemetry.get(Assistant).byHand({});
    await telemetry.flush();
    expect(await metrics.sum('llm.calls')).toBe(1);
  });

  it('are named llm_calls_total and llm_call_duration_bucket by the exporter of Prometheus', async () => {
    const exporter = new PrometheusExporter({ preventServerStart: true });
    new CollectedMetrics(exporter).register();
    await startWithoutMetrics();
    telemetry.get(Assistant).byHand({});
    await telemetry.flush();
    const text = new PrometheusSerializer().serialize((await exporter.collect()).resourceMetrics);
    expect(text).toMatch(/^llm_calls_total\{/m);
    expect(text).toMatch(/^llm_call_duration_bucket\{/m);
  });
});
