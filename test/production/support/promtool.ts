import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { METRICS } from '../../../deploy/generate/metric-names.js';
import type { Naming } from '../../../deploy/generate/naming.js';
import { programPath, requirePrograms } from '../../support/optional-programs.js';

requirePrograms('promtool', 'amtool');

/** Input series of a rule test. */
export interface GivenSeries {
  /** OpenTelemetry name, with `:bucket` or similar for histograms. Names of other metrics are used unchanged. */
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Returns the value at a minute, or `null` if the series has no sample. */
  readonly value: (minute: number) => number | null;
}

export interface RuleTest {
  readonly minutes: number;
  /** Interval of samples. */
  readonly everySeconds: number;
  /** Interval of evaluations. @defaultValue `everySeconds` */
  readonly evaluatedEverySeconds?: number;
  readonly series: readonly GivenSeries[];
  /** Labels of alerts that fire at a minute, without `alertname`, `alertstate` and `severity`. */
  readonly firing: ReadonlyArray<readonly [minute: number, ReadonlyArray<Readonly<Record<string, string>>>]>;
}

/** Runs promtool or amtool and returns the output. @throws Error with the output if the command fails. */
export async function check(command: 'promtool' | 'amtool', ...args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(programPath(command), args);
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    if (stdout === undefined) throw error;
    throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error });
  }
}

/** Runs `promtool test rules` for one alert. @throws Error with the output if the test fails. */
export async function testRules(
  folder: string,
  rules: string,
  { alert, severity, naming, test }: { alert: string; severity: string; naming: Naming; test: RuleTest },
): Promise<void> {
  const { minutes, everySeconds, evaluatedEverySeconds = everySeconds, series, firing } = test;
  const file = join(folder, 'test.yml');
  // JSON is YAML.
  writeFileSync(
    file,
    JSON.stringify({
      rule_files: [rules],
      evaluation_interval: `${evaluatedEverySeconds}s`,
      tests: [
        {
          interval: `${everySeconds}s`,
          input_series: series.map((one) => ({
            series: seriesName(one, naming),
            values: valuesOf(one, minutes, everySeconds),
          })),
          promql_expr_test: firing.map(([minute, names]) => ({
            expr: `ALERTS{alertname="${alert}", alertstate="firing"}`,
            eval_time: `${minute}m`,
            exp_samples: names.map((labels) => ({
              labels: seriesText('ALERTS', { ...labels, alertname: alert, alertstate: 'firing', severity }),
              value: 1,
            })),
          })),
        },
      ],
    }),
  );
  await check('promtool', 'test', 'rules', file);
}

function seriesName({ metric, labels }: GivenSeries, naming: Naming): string {
  const [name, part] = metric.split(':');
  const ours = METRICS.find((one) => one.name === name);
  const base = ours ? ours.prometheus[naming] : name!;
  return seriesText(part === undefined ? base : `${base}_${part}`, labels);
}

function seriesText(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${pairs.join(',')}}`;
}

function valuesOf({ value }: GivenSeries, minutes: number, everySeconds: number): string {
  const values: string[] = [];
  for (let seconds = 0; seconds <= minutes * 60; seconds += everySeconds) {
    const at = value(seconds / 60);
    values.push(at === null ? '_' : String(at));
  }
  return values.join(' ');
}
