import { parseArgs } from 'node:util';
import { DURATION } from '../../src/llm-telemetry/sinks/metrics/buckets.js';
import type { AlertsOptions } from '../../src/llm-telemetry/alerts/definitions/alerts.options.js';
import {
  configuredRules,
  type ConfiguredRule,
} from '../../src/llm-telemetry/alerts/definitions/configured-rules.js';
import { problemsInAlerts } from '../../src/llm-telemetry/alerts/definitions/alerts.schema.js';
import type { Path, Problem } from '../../src/llm-telemetry/validation/problems.js';
import { NAMINGS, type Naming } from './naming.js';

export interface GenerateOptions {
  /** The folder that everything is written below. */
  readonly out: string;
  readonly namings: readonly Naming[];
  /** Alerts with their limits; those that are not wanted are not enabled. */
  readonly rules: readonly ConfiguredRule[];
  /** What every length of time in alerts and recording rules is multiplied by. */
  readonly scale: number;
  /** How often there is a sample, in milliseconds. */
  readonly intervals: Readonly<Record<Naming, number>>;
  /** The boundaries of the buckets of call durations, in seconds, rising. */
  readonly buckets: readonly number[];
  /** What alerts link to; `null`: nothing. */
  readonly dashboardUrl: string | null;
}

export const USAGE = `npm run deploy:generate -- [options]

  --out <folder>             Where to write to. Default: deploy.
  --names scrape|otlp        How Prometheus gets the metrics: it scrapes the service's exporter, or they come by OTLP
                             (Collector, OTLP receiver) with units in their names. Default: rules for both.
  --limit <alert>=<number>   A limit of your own, in the unit of the alert: milliseconds, a ratio from 0 to 1, a count.
                             Can be repeated.
  --limit <alert>:<feature>=<number>
                             The limit of one feature, where the alert is by feature; \`off\`: not watched there.
  --window <alert>=<time>    A window of your own, such as 10m or 2h. Can be repeated.
  --for <alert>=<time>       How long it must be beyond its limit. Can be repeated.
  --minimum <alert>=<number> What there must be in the window: calls, or USD of cost_spike. Can be repeated.
  --disable <alert>          Leave an alert out. Can be repeated.
  --interval <time>          How often there is a sample. Default: 15s scraped, 60s by OTLP, as its SDKs send them. No
                             window is shorter than four of them.
  --buckets <s,s,…>          The boundaries of the buckets of llm.call.duration in seconds, where a view of yours has
                             changed them.
  --dashboard-url <url>      Where an alert links to.
  --scale-windows <factor>   Multiply all windows by it, such as 0.01 to try alerts out. Default: 1.
  --help
`;

/** What is wrong with the options, in one sentence. */
export class OptionsError extends Error {}

/** @throws OptionsError */
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
  if (value.trim() === '') throw new OptionsError(`${option} is empty.`);
  return value;
}

function namingsOf(value: string | undefined): readonly Naming[] {
  if (value === undefined) return NAMINGS;
  const naming = NAMINGS.find((one) => one === value);
  if (!naming) throw new OptionsError(`--names is ${JSON.stringify(value)}: only ${NAMINGS.join(', ')}.`);
  return [naming];
}

function factorOf(value: string): number {
  const factor = value.trim() === '' ? Number.NaN : Number(value);
  if (!(factor >= SMALLEST_SCALE && factor <= 1))
    throw new OptionsError(
      `--scale-windows is ${JSON.stringify(value)}, and not a number from ${SMALLEST_SCALE} to 1.`,
    );
  return factor;
}

/** A day is 86 ms then: less is no window. */
const SMALLEST_SCALE = 0.000001;

function timeOf(option: string, value: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value) ?? [];
  const ms = Number(number) * (UNITS[unit as keyof typeof UNITS] ?? Number.NaN);
  if (!(ms > 0) && !(ms === 0 && option.startsWith('--for')))
    throw new OptionsError(`${option} is ${JSON.stringify(value)}, and not a time such as 15s, 10m or 2h.`);
  return ms;
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function bucketsOf(value: string): readonly number[] {
  const buckets = value.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (buckets.some((bucket, index) => !(bucket > (buckets[index - 1] ?? 0) && bucket < Infinity)))
    throw new OptionsError(
      `--buckets is ${JSON.stringify(value)}, and not rising numbers with commas between them.`,
    );
  return buckets;
}

function urlOf(value: string): string {
  const { protocol } = URL.parse(value) ?? {};
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new OptionsError(`--dashboard-url is ${JSON.stringify(value)}, and not an http or https address.`);
  return value;
}

interface OwnLimit {
  limit?: number;
  windowMs?: number;
  forMs?: number;
  minimum?: number;
  features?: Record<string, number | false>;
}

/** Checked as an application's own limits are. */
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

/** Says of these options what is said of an application's options. */
function sentenceOf({ path, sentence }: Problem): string {
  const [, alert, key] = path;
  if (key === 'features' && path.length === 3) return `${alert} has no limits by feature.`;
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
  return new OptionsError(`${option} is ${JSON.stringify(text)}, and not <alert>=<value>.`);
}

function numberOf(what: string, value: string): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number))
    throw new OptionsError(`${what} is ${JSON.stringify(value)}, and not a number.`);
  return number;
}
