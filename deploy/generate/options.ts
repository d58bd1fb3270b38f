import { parseArgs } from 'node:util';
import type { AlertsOptions } from '../../src/llm-telemetry/dashboard/alerts/alerts.options.js';
import {
  configuredRules,
  type ConfiguredRule,
} from '../../src/llm-telemetry/dashboard/alerts/configured-rules.js';
import { NAMINGS, type Naming } from './naming.js';

export interface GenerateOptions {
  /** The folder that everything is written below. */
  readonly out: string;
  readonly namings: readonly Naming[];
  /** Alerts with their limits; those that are not wanted are not enabled. */
  readonly rules: readonly ConfiguredRule[];
  /** What every length of time in alerts and recording rules is multiplied by. */
  readonly scale: number;
}

export const USAGE = `npm run deploy:generate -- [options]

  --out <folder>             Where to write to. Default: deploy.
  --names scrape|otlp        How Prometheus gets the metrics: it scrapes the service's exporter, or they come by OTLP
                             (Collector, OTLP receiver) with units in their names. Default: rules for both.
  --limit <alert>=<number>   A limit of your own, in the unit of the alert: milliseconds, a ratio from 0 to 1, a count.
                             Can be repeated.
  --limit <alert>:<feature>=<number>
                             The limit of one feature, where the alert is by feature; \`off\`: not watched there.
  --disable <alert>          Leave an alert out. Can be repeated.
  --scale-windows <factor>   Multiply all windows by it, such as 0.01 to try alerts out. Default: 1.
  --help
`;

/** What is wrong with the options, in one sentence. */
export class OptionsError extends Error {}

/** @throws OptionsError */
export function readOptions(args: readonly string[]): GenerateOptions | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  return {
    out: values.out === undefined ? 'deploy' : notEmpty('--out', values.out),
    namings: namingsOf(values.names),
    rules: rulesOf(values.limit ?? [], values.disable ?? []),
    scale: values['scale-windows'] === undefined ? 1 : factorOf(values['scale-windows']),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        out: { type: 'string' },
        names: { type: 'string' },
        limit: { type: 'string', multiple: true },
        disable: { type: 'string', multiple: true },
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

/** The shortest window is a minute: below a second there is nothing to be seen in it. */
const SMALLEST_SCALE = 0.02;

/** Checked as an application's own limits are. */
function rulesOf(limits: readonly string[], disabled: readonly string[]): readonly ConfiguredRule[] {
  const given: Record<string, { limit?: number; features?: Record<string, number | false> }> = {};
  for (const text of limits) {
    const { alert, feature, value } = limitOf(text);
    const own = (given[alert] ??= {});
    if (feature === null) own.limit = value as number;
    else own.features = { ...own.features, [feature]: value };
  }
  try {
    return configuredRules({ limits: given, disabled } as AlertsOptions);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new OptionsError(
      error.message.replace(/^alerts\.limits/, '--limit').replace(/^alerts\.disabled/, '--disable'),
    );
  }
}

function limitOf(text: string): { alert: string; feature: string | null; value: number | false } {
  const [, alert, feature = null, value] = /^([^:=]+)(?::(.+))?=([^=]*)$/.exec(text) ?? [];
  if (alert === undefined || value === undefined)
    throw new OptionsError(
      `--limit is ${JSON.stringify(text)}, and not <alert>=<number> or <alert>:<feature>=<number>.`,
    );
  if (feature !== null && value === 'off') return { alert, feature, value: false };
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number))
    throw new OptionsError(`--limit of ${alert} is ${JSON.stringify(value)}, and not a number.`);
  return { alert, feature, value: number };
}
