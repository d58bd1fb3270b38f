import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { LlmTelemetry, type LlmTelemetryOptions } from 'nestjs-llm-telemetry';
import { CollectedMetrics } from '../support/metrics.js';
import { telemetryApp, Assistant, settled, collected, GPT } from './support/measured-assistant.js';

describe('names of metrics', () => {
  const embedding = {
    object: 'list',
    model: 'text-embedding-3-small',
    data: [],
    usage: { prompt_tokens: 7 },
  };

  async function namesOf(semconv: LlmTelemetryOptions['semconv']): Promise<readonly string[]> {
    const telemetry = await telemetryApp(semconv);
    const llm = telemetry.get(LlmTelemetry);
    await telemetry.get(Assistant).stream('A lamp.');
    await settled(telemetry.get(Assistant).stream('A lamp. [emulate cut after=3]'));
    await llm.run({ feature: 'search', operation: 'embed' }, async () => {
      const response = await llm.wrapFetch(async () => Response.json(embedding))(
        'https://api.openai.com/v1/embeddings',
        { method: 'POST', body: JSON.stringify({ model: 'text-embedding-3-small', input: 'A lamp.' }) },
      );
      await response.json();
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

  it('are those of the semantic conventions 1.41', async () => {
    expect(await namesOf('1.41')).toEqual(OPERATION);
  });

  it('are those of the latest semantic conventions, except for embeddings', async () => {
    expect(await namesOf('latest')).toEqual([...INFERENCE, ...EMBEDDINGS]);
    for (const name of EMBEDDINGS) {
      for (const { attributes, count } of await collected.points(name)) {
        expect([attributes['gen_ai.operation.name'], count]).toEqual(['embeddings', 1]);
        expect(attributes['server.address']).toBe('api.openai.com');
      }
    }
    expect(await collected.sum('gen_ai.client.token.usage', { 'gen_ai.token.type': 'input' })).toBe(7);
  });

  it('omit those of the conventions with metrics switched off, and keep those of the library', async () => {
    expect(await namesOf({ metrics: false })).toEqual([]);
    expect(await collected.sum('llm.calls')).toBe(3);
    expect(await collected.sum('llm.tokens', { 'gen_ai.token.type': 'input', 'llm.feature': 'search' })).toBe(
      7,
    );
  });

  it('are those of both versions with semconv both, and embeddings are counted once', async () => {
    expect(await namesOf('both')).toEqual([...INFERENCE, ...OPERATION]);
    const durations = await collected.points('gen_ai.client.operation.duration', {
      'gen_ai.operation.name': 'embeddings',
    });
    expect(durations).toMatchObject([{ count: 1 }]);
  });

  it('separate the token counter, which includes failed streams, from the histogram in the latest conventions', async () => {
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

describe('names of metrics in Prometheus', () => {
  it('are derived from those of OpenTelemetry', async () => {
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
