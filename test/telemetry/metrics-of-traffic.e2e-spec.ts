import type { CallRecord } from 'nestjs-llm-telemetry';
import { CollectedMetrics } from '../support/metrics.js';
import type { TelemetryApp } from '../support/telemetry-app.js';
import { GPT, Assistant, settled, telemetryApp } from './support/measured-assistant.js';

const CLAUDE = 'claude-haiku-4-5-20251001';

/** USD per million tokens. */
const PRICES: Record<string, { input: number; output: number }> = {
  [GPT]: { input: 0.15, output: 0.6 },
  [CLAUDE]: { input: 1, output: 5 },
};

async function mixedTraffic(assistant: Assistant): Promise<void> {
  const calls: Array<Promise<void>> = [];
  for (let index = 0; index < 24; index++) {
    const text = `Order #${index}: ${'a lamp and '.repeat(index % 7)}a cable.`;
    const fault = FAULTS[index % FAULTS.length]!;
    calls.push(
      assistant.summarize(`${text} ${fault}`),
      assistant.classify(`${text} ${fault}`),
      assistant.stream(`${text} ${fault}`),
      assistant.compare(text),
    );
    assistant.local('local', 'llama');
  }
  await Promise.all(calls.map(settled));
}

const FAULTS = [
  '',
  '[emulate rate_limit attempts=1 retry_after=0]',
  '[emulate truncate after=5]',
  '',
  '[emulate overloaded attempts=2 retry_after=0]',
  '[emulate rate_limit retry_after=0]',
  '[emulate bad_request]',
  '[emulate refuse]',
];

describe('metrics of mixed traffic', () => {
  let telemetry: TelemetryApp;
  // Each test registers a new meter provider, but the application uses the one that was registered at its start.
  let own: CollectedMetrics;
  beforeAll(async () => {
    own = new CollectedMetrics().register();
    telemetry = await telemetryApp();
    await mixedTraffic(telemetry.get(Assistant));
    await telemetry.flush();
  });
  afterAll(() => telemetry.stop());

  /** Returns the bill of a feature and a model. Records assign requests to features. */
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

  it('do not change when they are collected', async () => {
    const read = async (): Promise<unknown> =>
      [...(await own.all())].map(([name, { dataPoints }]) => [name, dataPoints.map(({ value }) => value)]);
    const before = await read();
    expect(await read()).toEqual(before);
  });
});
