import type {
  AlertMeasure,
  ConfiguredRule,
} from '../../../src/llm-telemetry/alerts/definitions/alert-definitions.js';
import { DAY, MINUTE } from '../../../src/llm-telemetry/units/time.js';
import { formatPeriod } from '../../../src/llm-telemetry/units/format.js';
import { formatValue } from '../../../src/llm-telemetry/alerts/alert-value.js';
import type { GenerateOptions } from '../options.js';
import { FEATURE, MODEL, OPERATION } from '../metric-labels.js';
import { duration, quoted, selector } from '../promql.js';
import type { Recorded } from './recorded.js';
import type { AlertingRule } from './rule.js';
import type { Source } from './source.js';

/** One limit of a rule. */
interface Limited {
  readonly limit: number;
  /** Matchers of the features it applies to; empty: all. */
  readonly where: string;
  /** The feature this limit is for; `null`: all features without their own limit. */
  readonly of: string | null;
}

/** Returns an alerting rule for each limit of a rule; none for budgets, which are not in metrics. */
export function alertingRules(
  rule: ConfiguredRule,
  source: Source,
  recorded: Recorded,
  options: GenerateOptions,
): readonly AlertingRule[] {
  return limitsOf(rule).flatMap((limited) => {
    const expr = expressionOf(rule, limited, source, recorded, options);
    if (expr === null) return [];
    const forMs = source.scaled(rule.forMs);
    return [
      {
        alert: rule.name,
        expr,
        ...(forMs > 0 && { for: duration(forMs) }),
        // Rules of one group must differ in more than their expressions.
        labels: { severity: rule.severity, ...(limited.of !== null && { limit_of: limited.of }) },
        annotations: annotationsOf(rule, limited, source, recorded, options),
      },
    ];
  });
}

function limitsOf({ limit, features }: ConfiguredRule): readonly Limited[] {
  const others = [...features.keys()].map((feature) => `${FEATURE}!=${quoted(feature)}`);
  const own = [...features].flatMap(([feature, limit]) =>
    limit === false ? [] : [{ limit, where: selector([`${FEATURE}=${quoted(feature)}`]), of: feature }],
  );
  return [{ limit, where: selector(others), of: null }, ...own];
}

function expressionOf(
  rule: ConfiguredRule,
  { limit, where }: Limited,
  source: Source,
  recorded: Recorded,
  { buckets }: GenerateOptions,
): string | null {
  const { measure, windowMs, minimum } = rule;
  switch (measure.kind) {
    case 'quantile':
      return `${recorded.p99}${where} > ${boundary(limit / 1000, buckets)}
and
round(${recorded.callsByOperation}${where}) >= ${minimum}`;
    case 'share': {
      const { ratio, among } = sharesOf(measure, recorded);
      return `${ratio}${where} > ${limit}
and
round(${among}${where}) >= ${minimum}`;
    }
    case 'count':
      return `round(${countOf(measure, recorded)}) > ${limit}`;
    case 'busiest_minute': {
      const minutes = source.window(windowMs) / MINUTE;
      const perMinute = minutes === 1 ? '' : ` / ${Number(minutes.toPrecision(6))}`;
      return `round(${countOf(measure, recorded)}${perMinute}) > ${limit}`;
    }
    case 'cost_growth':
      return `${recorded.cost}${where} > ${limit} * ${recorded.usualCost}${where}
and
${recorded.cost}${where} >= ${minimum}`;
    case 'silence':
      return silence(rule, { limit, where }, source);
    case 'budget_pace':
      return null;
  }
}

/**
 * Raises a limit to the next bucket boundary, where a quantile is exact. Between boundaries it is interpolated: calls
 * that all take 6 s have a P99 of 10.2 s between 5.12 and 10.24.
 */
function boundary(limitSeconds: number, buckets: readonly number[]): number {
  return buckets.find((bucket) => bucket >= limitSeconds) ?? buckets.at(-1) ?? limitSeconds;
}

function sharesOf(
  { of }: Extract<AlertMeasure, { kind: 'share' }>,
  recorded: Recorded,
): { ratio: string; among: string } {
  switch (of) {
    case 'truncated':
      return { ratio: recorded.truncatedRatio, among: recorded.callsByModel };
    case 'failed':
      return { ratio: recorded.errorRatio, among: recorded.callsByFeature };
    case 'missingUsageCalls':
      return { ratio: recorded.usageMissingRatio, among: recorded.answered };
    default:
      throw new Error(`No recording rule for the share of ${of}.`);
  }
}

function countOf(
  { of }: Extract<AlertMeasure, { kind: 'count' | 'busiest_minute' }>,
  recorded: Recorded,
): string {
  switch (of) {
    case 'rateLimitedAttempts':
      return recorded.rateLimited;
    case 'contentFiltered':
      return recorded.contentFiltered;
    case 'unpricedCalls':
      return recorded.unpriced;
    default:
      throw new Error(`No recording rule for the count of ${of}.`);
  }
}

/** Share of the window at each end in which calls a week before are ignored, because work may start earlier or later. */
const SLACK = 1 / 6;

/** Returns an expression whose value is the number of calls a week before; missing traffic has no value. */
function silence(
  { windowMs, minimum, by }: ConfiguredRule,
  { limit, where }: Pick<Limited, 'limit' | 'where'>,
  source: Source,
): string {
  const labels = by.map((name) => LABELS[name]);
  const matchers = where === '' ? [] : where.slice(1, -1).split(', ');
  const calls = { metric: 'llm.calls', matchers, by: labels };
  const slackMs = windowMs * SLACK;
  const expected = source.counted({
    ...calls,
    windowMs: windowMs - 2 * slackMs,
    agoMs: 7 * DAY + slackMs,
  });
  const present = source.counted({ ...calls, windowMs });
  const some = limit === 1 ? `${present} > 0` : `round(${present}) >= ${limit}`;
  return `round(${expected}) >= ${minimum}
unless
${some}`;
}

function annotationsOf(
  rule: ConfiguredRule,
  limited: Limited,
  source: Source,
  recorded: Recorded,
  options: GenerateOptions,
): AlertingRule['annotations'] {
  const { subject, by, remedy } = rule;
  const names = by.map((name) => `{{ $labels.${LABELS[name]} }}`).join('/');
  const about = names === '' ? `${subject} in {{ $labels.job }}` : `${subject} of ${names}`;
  const { value, besides } = wordsOf(rule, limited, source, recorded, options);
  return {
    summary: `${about}: ${value}`,
    description: `${names === '' ? about : `${about} in {{ $labels.job }}`}: ${value}${besides}. ${remedy}`,
    ...(options.dashboardUrl !== null && { dashboard: options.dashboardUrl }),
  };
}

const LABELS = { feature: FEATURE, operation: OPERATION, model: MODEL } as const;

/** Returns the formatted value, and the limit it is compared with. */
function wordsOf(
  { measure, unit, windowMs }: ConfiguredRule,
  { limit }: Limited,
  source: Source,
  recorded: Recorded,
  { buckets }: GenerateOptions,
): { value: string; besides: string } {
  const window = formatPeriod(source.window(windowMs));
  const value = VALUES[unit];
  const aboveLimit = `, above the limit of ${formatValue(limit, unit)}`;
  switch (measure.kind) {
    case 'quantile': {
      const raisedMs = boundary(limit / 1000, buckets) * 1000;
      const boundaryWords =
        raisedMs === limit ? '' : ` (evaluated at ${formatValue(raisedMs, unit)}, the next bucket boundary)`;
      return { value, besides: ` in ${window}${aboveLimit}${boundaryWords}` };
    }
    case 'cost_growth': {
      const usual = `{{ with printf "${recorded.usualCost}{job=%q, llm_feature=%q}" $labels.job $labels.llm_feature | query }}{{ . | first | value | printf "%.3f" }}{{ end }}`;
      return {
        value: `${value} in ${window}`,
        besides: `, above the limit of ${limit} × the usual $${usual}`,
      };
    }
    case 'silence':
      return {
        value: limit === 1 ? `none in ${window}` : `fewer than ${limit} in ${window}`,
        besides: `, but at least ${value} a week before`,
      };
    case 'busiest_minute':
      return { value, besides: aboveLimit };
    default:
      return { value: `${value} in ${window}`, besides: aboveLimit };
  }
}

/** Templates that format the value of an alert. */
const VALUES: Readonly<Record<ConfiguredRule['unit'], string>> = {
  ms: '{{ $value | humanizeDuration }}',
  ratio: '{{ $value | humanizePercentage }}',
  usd: '${{ printf "%.2f" $value }}',
  usd_per_hour: '${{ printf "%.2f" $value }}',
  per_minute: '{{ printf "%.0f" $value }} a minute',
  calls: '{{ printf "%.0f" $value }}',
};
