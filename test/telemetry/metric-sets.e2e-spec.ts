import type { LlmErrorType } from 'nestjs-llm-telemetry';
import { MAX_SETS, OTHER } from '../../src/llm-telemetry/sinks/metrics/attribute-sets.js';
import { MetricsSink } from '../../src/llm-telemetry/sinks/metrics/metrics.sink.js';
import { callRecord } from '../support/call-record.js';
import { CollectedMetrics } from '../support/metrics.js';

const TRACE = { ids: null } as never;
const TYPES: readonly LlmErrorType[] = ['rate_limit', 'timeout', 'overloaded'];

describe('attribute sets of a metric', () => {
  it('are limited to 500 without losing measurements', async () => {
    const metrics = new CollectedMetrics().register();
    const plain = new MetricsSink('both', new Set());
    const detailed = new MetricsSink('both', new Set(['llm.tenant'] as const));
    let calls = 0;
    let attempts = 0;
    for (let feature = 0; feature < 60; feature++) {
      for (let model = 0; model < 15; model++) {
        for (const [index, type] of TYPES.entries()) {
          const failed = { status: 500, usage: null, cost: null };
          const failure = { type, errorClass: `Class${feature}` };
          const record = callRecord({
            feature: `feature-${feature}`,
            model: `model-${model}`,
            identity: { tenantId: `tenant-${model}` },
            failure: index === 0 ? failure : null,
            attempts: [
              { ...failed, failure },
              { ...failed, isRetry: true, failure: { type: 'unknown', errorClass: `Class${feature}` } },
              { isRetry: true },
            ],
          });
          (model % 2 === 0 ? plain : detailed).record(record, TRACE);
          calls++;
          attempts += record.attempts.length;
        }
      }
    }
    plain.close();
    detailed.close();
    const all = await metrics.all();
    const sizes = [...all].map(([name, { dataPoints }]) => [name, dataPoints.length] as const);
    expect(sizes.length).toBeGreaterThan(10);
    expect(sizes.filter(([, size]) => size > MAX_SETS)).toEqual([]);
    expect(sizes.find(([name]) => name === 'llm.attempts')![1]).toBeGreaterThan(MAX_SETS / 2);
    for (const [name, metric] of all) {
      const keys = metric.dataPoints.map(({ attributes }) => JSON.stringify(attributes));
      expect([name, new Set(keys).size]).toEqual([name, keys.length]);
    }
    expect(await metrics.sum('llm.calls')).toBe(calls);
    expect(await metrics.sum('llm.attempts')).toBe(attempts);
    expect(await metrics.sum('llm.errors')).toBe(calls / TYPES.length);
    // Alerts on an error type remain correct.
    expect(await metrics.sum('llm.attempts', { 'llm.error_type': 'rate_limit' })).toBe(calls / TYPES.length);
    expect(await metrics.sum('llm.tokens', { 'gen_ai.token.type': 'input' })).toBe(calls * 100);
    expect(await metrics.sum('llm.attempts', { 'llm.feature': OTHER })).toBeGreaterThan(0);
  });

  // https://github.com/open-telemetry/opentelemetry-js/issues/5493: request URLs as `http.route` filled the memory.
  // https://github.com/open-telemetry/opentelemetry-js/issues/4095: the number of attribute sets was not limited.
  it('are limited for attributes that the application adds, such as routes and users', async () => {
    const metrics = new CollectedMetrics().register();
    const sink = new MetricsSink('1.41', new Set(['http.route', 'user.id'] as const));
    for (let index = 0; index < 3000; index++) {
      const identity = { userId: `user-${index}` };
      sink.record(callRecord({ route: `GET /orders/${index}`, identity }), TRACE);
    }
    sink.close();
    const points = await metrics.points('llm.calls');
    expect(points.length).toBeLessThanOrEqual(MAX_SETS);
    expect(await metrics.sum('llm.calls')).toBe(3000);
    expect(await metrics.sum('llm.calls', { 'http.route': OTHER })).toBeGreaterThan(0);
  });
});
