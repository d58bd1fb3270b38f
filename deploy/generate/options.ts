import { parseArgs } from 'node:util';
import { DURATION } from '../../src/llm-telemetry/sinks/metrics/instruments.js';
import type { AlertsOptions } from '../../src/llm-telemetry/alerts/definitions/alerts.options.js';
import {
  configuredRules,
  type ConfiguredRule,
} from '../../src/llm-telemetry/alerts/definitions/alert-definitions.js';
import { problemsInAlerts } from '../../src/llm-telemetry/alerts/definitions/alerts.schema.js';
import type { Path, Problem } from '../../src/llm-telemetry/validation/problems.js';
import { NAMINGS, type Naming } from './naming.js';

/** Generated file; `path` is relative to `--out`. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** Options of the generator. */
export interface GenerateOptions {
  /** Output folder. */
  readonly out: string;
  readonly namings: readonly Naming[];
  /** Alerts with their limits; disabled ones have `enabled: false`. */
  readonly rules: readonly ConfiguredRule[];
  /** Factor for every duration in alerts and recording rules. */
  readonly scale: number;
  /** Sample interval in milliseconds. */
  readonly intervals: Readonly<Record<Naming, number>>;
  /** Bucket boundaries of call durations in seconds, ascending. */
  readonly buckets: readonly number[];
  /** Link of alerts; `null`: none. */
  readonly dashboardUrl: string | null;
}

export const USAGE = `npm run deploy:generate -- [options]

  --out <folder>             Output folder. Default: deploy.
  --names scrape|otlp        How Prometheus receives the metrics: scraped from the service's exporter, or by OTLP
                             (Collector, OTLP receiver) with units in their names. Default: rules for both.
  --limit <alert>=<number>   Limit in the unit of the alert: milliseconds, a ratio from 0 to 1, a count. Repeatable.
  --limit <alert>:<feature>=<number>
                             Limit for one feature, for alerts by feature; \`off\` disables the alert there.
  --window <alert>=<time>    Window, such as 10m or 2h. Repeatable.
  --for <alert>=<time>       How long the value must stay beyond the limit. Repeatable.
  --minimum <alert>=<number> Minimum volume in the window: calls, or USD for cost_spike. Repeatable.
  --disable <alert>          Omit an alert. Repeatable.
  --interval <time>          Sample interval. Default: 15s scraped, 60s by OTLP (the default of OpenTelemetry SDKs). The
                             shortest window has four samples.
  --buckets <s,s,…>          Bucket boundaries of llm.call.duration in seconds, if a view changes them.
  --dashboard-url <url>      Link of alerts.
  --scale-windows <factor>   Multiply all windows by a factor, such as 0.01 to test alerts. Default: 1.
  --help                     Print this help.
`;

/** Invalid option; the message is one sentence. */
export class OptionsError extends Error {}

/** Parses command line arguments. @throws OptionsError if an option is invalid */
export function readOptions(args: readonly string[]): GenerateOptions | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  const interval = values.interval === undefined ? null : timeOf('--interval', values.interval);
  return {
    out: values.out === undefined ? 'deploy' : notEmpty('--out', values.out),
    namings: namingsOf(values.names),
    rules: rulesOf(values),
    scale: values['scale-windows'] === undefined ? 1 : factorOf(values['scale-windows']),
    intervals: { scrape: interval ?? SCRAPED_EVERY, otlp: interval ?? SENT_EVERY },
    buckets: values.buckets === undefined ? DURATION_BUCKETS : bucketsOf(values.buckets),
    dashboardUrl: values['dashboard-url'] === undefined ? null : urlOf(values['dashboard-url']),
  };
}

const SCRAPED_EVERY = 15_000;
/** Default of `OTEL_METRIC_EXPORT_INTERVAL`. */
const SENT_EVERY = 60_000;
const DURATION_BUCKETS = DURATION.advice!.explicitBucketBoundaries!;

type Values = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        out: { type: 'string' },
        names: { type: 'string' },
        limit: { type: 'string', multiple: true },
        window: { type: 'string', multiple: true },
        for: { type: 'string', multiple: true },
        minimum: { type: 'string', multiple: true },
        disable: { type: 'string', multiple: true },
        interval: { type: 'string' },
        buckets: { type: 'string' },
        'dashboard-url': { type: 'string' },
        'scale-windows': { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new OptionsError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function notEmpty(option: string, value: string): string {
  if (value.trim() === '') throw new OptionsError(`${option} must not be empty.`);
  return value;
}

function namingsOf(value: string | undefined): readonly Naming[] {
  if (value === undefined) return NAMINGS;
  const naming = NAMINGS.find((one) => one === value);
  if (!naming) throw invalid('--names', `one of ${NAMINGS.join(', ')}`, value);
  return [naming];
}

function factorOf(value: string): number {
  const factor = value.trim() === '' ? Number.NaN : Number(value);
  if (!(factor >= SMALLEST_SCALE && factor <= 1))
    throw invalid('--scale-windows', `a number from ${SMALLEST_SCALE} to 1`, value);
  return factor;
}

/** A day scaled by this factor lasts 86 ms. */
const SMALLEST_SCALE = 0.000001;

function timeOf(option: string, value: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value) ?? [];
  const ms = Number(number) * (UNITS[unit as keyof typeof UNITS] ?? Number.NaN);
  if (!(ms > 0) && !(ms === 0 && option.startsWith('--for')))
    throw invalid(option, 'a time such as 15s, 10m or 2h', value);
  return ms;
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function bucketsOf(value: string): readonly number[] {
  const buckets = value.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (buckets.some((bucket, index) => !(bucket > (buckets[index - 1] ?? 0) && bucket < Infinity)))
    throw invalid('--buckets', 'ascending numbers separated by commas', value);
  return buckets;
}

function urlOf(value: string): string {
  const { protocol } = URL.parse(value) ?? {};
  if (protocol !== 'http:' && protocol !== 'https:')
    throw invalid('--dashboard-url', 'an http or https URL', value);
  return value;
}

interface OwnLimit {
  limit?: number;
  windowMs?: number;
  forMs?: number;
  minimum?: number;
  features?: Record<string, number | false>;
}

/** Returns the rules with the given limits, which are validated like those of an application. */
function rulesOf(values: Values): readonly ConfiguredRule[] {
  const given: Record<string, OwnLimit> = {};
  const own = (alert: string): OwnLimit => (given[alert] ??= {});
  for (const text of values.limit ?? []) {
    const { alert, feature, value } = limitOf(text);
    if (feature === null) own(alert).limit = value as number;
    else own(alert).features = { ...own(alert).features, [feature]: value };
  }
  for (const [alert, value] of pairs('--window', values.window))
    own(alert).windowMs = timeOf(`--window of ${alert}`, value);
  for (const [alert, value] of pairs('--for', values.for))
    own(alert).forMs = timeOf(`--for of ${alert}`, value);
  for (const [alert, value] of pairs('--minimum', values.minimum))
    own(alert).minimum = numberOf(`--minimum of ${alert}`, value);
  const options = { limits: given, disabled: values.disable };
  const [problem] = problemsInAlerts(options);
  if (problem) throw new OptionsError(sentenceOf(problem));
  return configuredRules(options as AlertsOptions);
}

/** Formats a problem of an application's options for these options. */
function sentenceOf({ path, sentence }: Problem): string {
  const [, alert, key] = path;
  if (key === 'features' && path.length === 3) return `${alert} does not support limits by feature.`;
  return sentence(optionAt);
}

function optionAt([option, alert, key, feature]: Path): string {
  if (option === 'disabled') return '--disable';
  if (key === undefined) return alert === undefined ? '--limit' : String(alert);
  const name = OPTIONS[String(key)] ?? key;
  return `--${name} of ${feature === undefined ? alert : `${alert}:${feature}`}`;
}

const OPTIONS: Readonly<Record<string, string>> = { windowMs: 'window', forMs: 'for', features: 'limit' };

function limitOf(text: string): { alert: string; feature: string | null; value: number | false } {
  const [[name, value]] = pairs('--limit', [text]) as [[string, string]];
  const [, alert, feature = null] = /^([^:]+)(?::(.+))?$/.exec(name) ?? [];
  if (alert === undefined) throw notAPair('--limit', text);
  if (feature !== null && value === 'off') return { alert, feature, value: false };
  return { alert, feature, value: numberOf(`--limit of ${name}`, value) };
}

function pairs(option: string, texts: readonly string[] = []): ReadonlyArray<readonly [string, string]> {
  return texts.map((text) => {
    const [, name, value] = /^(.+)=([^=]+)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) throw notAPair(option, text);
    return [name, value] as const;
  });
}

function notAPair(option: string, text: string): OptionsError {
  return invalid(option, '<alert>=<value>', text);
}

function invalid(option: string, expected: string, value: string): OptionsError {
  return new OptionsError(`${option} must be ${expected}, received ${JSON.stringify(value)}.`);
}

function numberOf(option: string, value: string): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number)) throw invalid(option, 'a number', value);
  return number;
}
