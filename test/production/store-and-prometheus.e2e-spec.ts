import { writeFileSync } from 'node:fs';
import type { AttemptRecord, CallRecord } from 'nestjs-llm-telemetry';
import { NAMINGS } from '../../deploy/generate/naming.js';
import { readOptions, type GenerateOptions } from '../../deploy/generate/options.js';
import { ruleFiles } from '../../deploy/generate/rules/rule-files.js';
import type { AlertName } from '../../src/llm-telemetry/alerts/definitions/alert.js';
import { ALERT_DEFINITIONS } from '../../src/llm-telemetry/alerts/definitions/alert-definitions.js';
import { MeterMetrics } from '../../src/llm-telemetry/sinks/metrics/meter-metrics.js';
import { endedCall } from '../support/ended-calls.js';
import { CollectedMetrics } from '../support/metrics.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { MINUTE, WatchedCalls, type Traffic } from '../support/watched-calls.js';
import { onlyFor } from './rules/only-for.js';
import { process } from './rules/traffic.js';
import { SampledMetrics } from './support/sampled-metrics.js';
import { testRules } from './support/promtool.js';

const NORMAL: Traffic = { feature: 'chat', operation: 'reply', model: 'gpt-4o-mini' };
const NORMAL_PER_MINUTE = 10;

/** Faults, with the number of affected calls per minute and the labels of the alert that fires. */
const FAULTS: ReadonlyArray<{
  readonly name: AlertName;
  readonly perMinute: number;
  readonly fault: Traffic;
  readonly labels: Readonly<Record<string, string>>;
}> = [
  {
    name: 'high_latency',
    perMinute: 5,
    fault: { ...NORMAL, durationMs: 13_400 },
    labels: { llm_feature: 'chat', llm_operation: 'reply' },
  },
  {
    name: 'truncation_spike',
    perMinute: 5,
    fault: { ...NORMAL, model: 'gpt-4o', truncated: true },
    labels: { gen_ai_response_model: 'gpt-4o' },
  },
  { name: 'rate_limiting', perMinute: 5, fault: { ...NORMAL, rateLimited: 3 }, labels: {} },
  { name: 'content_filter', perMinute: 1, fault: { ...NORMAL, failure: 'content_filter' }, labels: {} },
  {
    name: 'error_ratio',
    perMinute: 5,
    fault: { ...NORMAL, failure: 'server_error' },
    labels: { llm_feature: 'chat' },
  },
  { name: 'unpriced_calls', perMinute: 1, fault: { ...NORMAL, costUsd: 'unknown' }, labels: {} },
  { name: 'missing_usage', perMinute: 5, fault: { ...NORMAL, usage: 'missing', costUsd: 0 }, labels: {} },
];

const SAMPLE_SECONDS = 15;
const NORMAL_MINUTES = 20;
const FAULTY_MINUTES = 30;
const MINUTES = NORMAL_MINUTES + FAULTY_MINUTES + 100;

/** Tolerance in minutes, because the store aggregates whole minutes and Prometheus samples. */
const TOLERANCE_MINUTES = 3;

/** Evaluates alerts of the store and rules of Prometheus on the same calls. */
describe('alerts of the store and of Prometheus', () => {
  const folder = temporaryFolder();

  it.each(FAULTS)('fire and resolve at the same time: $name', async ({ name, perMinute, fault, labels }) => {
    const watched = new WatchedCalls();
    const collected = new CollectedMetrics();
    const metrics = new MeterMetrics(collected.provider.getMeter('test'));
    metrics.join('1.41');
    const sampled = new SampledMetrics({ job: 'shop', instance: 'shop-1' }, SAMPLE_SECONDS);
    const call = (traffic: Traffic): void => {
      const record = endedCall({ ...traffic, endedAt: watched.clock.now() });
      watched.store.record(record);
      metrics.record(withWholeAttempts(record), undefined, '1.41', new Set());
    };

    const fires: boolean[] = [];
    for (let seconds = 0; seconds <= MINUTES * 60; seconds += SAMPLE_SECONDS) {
      const minute = seconds / 60;
      if (Number.isInteger(minute)) {
        for (let count = 0; count < NORMAL_PER_MINUTE; count++) call(NORMAL);
        const faults = minute >= NORMAL_MINUTES && minute < NORMAL_MINUTES + FAULTY_MINUTES ? perMinute : 0;
        for (let count = 0; count < faults; count++) call(fault);
      }
      await watched.alerts.evaluate();
      if (Number.isInteger(minute)) fires.push(watched.rule(name).state === 'firing');
      sampled.take(await collected.all());
      watched.clock.advance((SAMPLE_SECONDS * MINUTE) / 60);
    }

    expect(fires).toContain(true);
    expect(fires.at(-1)).toBe(false);
    const clear = fires.flatMap((fire, minute) => {
      const around = fires.slice(Math.max(0, minute - TOLERANCE_MINUTES), minute + TOLERANCE_MINUTES + 1);
      return around.every((other) => other === fire) ? [minute] : [];
    });
    expect(clear.filter((minute) => fires[minute]).length).toBeGreaterThan(5);

    const naming = NAMINGS[0];
    const rules = folder.file('rules.yml');
    const [file] = ruleFiles(readOptions(['--names', naming]) as GenerateOptions);
    writeFileSync(rules, onlyFor(name, file!.content));
    await testRules(folder.path, rules, {
      alert: name,
      severity: ALERT_DEFINITIONS.find((definition) => definition.name === name)!.severity,
      naming,
      test: {
        minutes: MINUTES,
        everySeconds: SAMPLE_SECONDS,
        series: [...process(), ...sampled.series()],
        firing: clear.map((minute) => [minute, fires[minute] ? [{ job: 'shop', ...labels }] : []]),
      },
    });
  });
});

/** Completes the attempts of a record, because metrics depend on fields of attempts that the store does not use. */
function withWholeAttempts(record: CallRecord): CallRecord {
  const { model, provider, usage, cost, durationMs } = record;
  const attempts = record.attempts.map((attempt, index, all) => {
    const last = index === all.length - 1;
    return {
      ...attempt,
      operation: 'chat',
      provider,
      requestModel: model,
      responseModel: last ? model : null,
      server: null,
      durationMs,
      timeToFirstChunkMs: null,
      timePerOutputChunkMs: null,
      isRetry: index > 0,
      failure: last ? record.failure : attempt.failure,
      usage: last ? usage : null,
      cost: last ? cost : null,
    } as AttemptRecord;
  });
  return { ...record, attempts };
}
