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
const NORMAL_A_MINUTE = 10;

/** A fault, how many calls a minute have it, and what fires on it then. */
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
const CALM = 20;
const FAULTY = 30;
const MINUTES = CALM + FAULTY + 100;

/** How far apart the two may be, in minutes: one knows each minute as a whole, the other samples it. */
const APART = 3;

/** The same calls for the store, as its alert sees them, and for metrics, as Prometheus does. */
describe('the store and Prometheus', () => {
  const folder = temporaryFolder();

  it.each(FAULTS)(
    'agree when $name fires, and when it resolves',
    async ({ name, perMinute, fault, labels }) => {
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
          for (let count = 0; count < NORMAL_A_MINUTE; count++) call(NORMAL);
          const faults = minute >= CALM && minute < CALM + FAULTY ? perMinute : 0;
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
        const around = fires.slice(Math.max(0, minute - APART), minute + APART + 1);
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
    },
  );
});

/** The store looks at the call as a whole, metrics at each of its requests too. */
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
