import { metrics, type Attributes, type MeterProvider } from '@opentelemetry/api';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import { chat } from '../support/prompts.js';
import type { TelemetryApp } from '../support/telemetry-app.js';
import { Assistant, telemetryApp, collected, GPT, settled } from './support/measured-assistant.js';

describe('metrics of one call', () => {
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
    // The durations of the call and of its attempt, then the input and output tokens.
    expect(recorded).toEqual([expect.any(Number), expect.any(Number), 3, 2]);
    await other.stop();
  });

  it('have a bounded number of series for any model names', async () => {
    const names = ['x'.repeat(100_000), 'line\nbreak', '', 'nul\0', '__proto__', 'constructor'];
    for (let index = 0; index < 3000; index++) names.push(`model-${index}`);
    for (const name of names) assistant.local('local', name);
    const points = await collected.points('llm.calls');
    // One series for each of 200 names, one for all other names, and one without a name.
    expect(points).toHaveLength(202);
    expect(points.reduce((sum, { value }) => sum + value, 0)).toBe(names.length);
    expect(await collected.sum('llm.calls', { 'gen_ai.response.model': 'other' })).toBe(names.length - 201);
    expect(await collected.sum('llm.calls', { 'gen_ai.response.model': '__proto__' })).toBe(1);
  });
});
