import type { AlertMeasure } from '../../../src/llm-telemetry/alerts/definitions/alert-definition.js';
import type { ConfiguredRule } from '../../../src/llm-telemetry/alerts/definitions/configured-rules.js';
import { DAY, MINUTE } from '../../../src/llm-telemetry/units/time.js';
import { periodWords, valueWords } from '../../../src/llm-telemetry/alerts/definitions/words.js';
import type { GenerateOptions } from '../options.js';
import { duration, quoted, selector } from './promql.js';
import type { Recorded } from './recorded.js';
import type { AlertingRule } from './rule.js';
import type { Source } from './source.js';

/** What a rule of one limit needs. */
interface Limited {
  readonly limit: number;
  /** Matchers of the features that it is for; empty: all. */
  readonly where: string;
  /** The feature that it is the own limit of; `null`: none. */
  readonly of: string | null;
}

/** A definition as an alerting rule; one for each limit, where features have their own. Budgets are not in metrics. */
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
        // Two rules may not be the same but for their expressions.
        labels: { severity: rule.severity, ...(limited.of !== null && { limit_of: limited.of }) },
        annotations: annotationsOf(rule, limited, source, recorded, options),
      },
    ];
  });
}

function limitsOf({ limit, features }: ConfiguredRule): readonly Limited[] {
  const others = [...features.keys()].map((feature) => `llm_feature!=${quoted(feature)}`);
  const own = [...features].flatMap(([feature, limit]) =>
    limit === false ? [] : [{ limit, where: selector([`llm_feature=${quoted(feature)}`]), of: feature }],
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
 * The quantile of a histogram is worked out between two boundaries: calls that all take 6 s have a P99 of 10.2 s where
 * the boundaries are 5.12 and 10.24. At a boundary it is exact, so the limit goes up to the next one.
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
      throw new Error(`Metrics do not tell which part ${of} are.`);
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
      throw new Error(`Metrics do not tell how many ${of} there are.`);
  }
}

/** Work that comes a little earlier or later than a week before is not gone: this part of the window at either end. */
const SLACK = 1 / 6;

/** Its value is how many calls there were a week before: what is gone has none of its own. */
function silence(
  { windowMs, minimum, by }: ConfiguredRule,
  { limit, where }: Pick<Limited, 'limit' | 'where'>,
  source: Source,
): string {
  const labels = by.map((name) => `llm_${name}`);
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
  const { subject, by } = rule;
  const names = by.map((name) => `{{ $labels.${LABELS[name]} }}`).join('/');
  const about = names === '' ? `${subject} in {{ $labels.job }}` : `${subject} of ${names}`;
  const { value, besides } = wordsOf(rule, limited, source, recorded, options);
  return {
    summary: `${about}: ${value}`,
    description: `${names === '' ? about : `${about} in {{ $labels.job }}`}: ${value}${besides}.`,
    ...(options.dashboardUrl !== null && { dashboard: options.dashboardUrl }),
  };
}

const LABELS = {
  feature: 'llm_feature',
  operation: 'llm_operation',
  model: 'gen_ai_response_model',
} as const;

/** What its value is, and what it is beside. */
function wordsOf(
  { measure, unit, windowMs }: ConfiguredRule,
  { limit }: Limited,
  source: Source,
  recorded: Recorded,
  { buckets }: GenerateOptions,
): { value: string; besides: string } {
  const window = periodWords(source.window(windowMs));
  const value = VALUES[unit];
  const aboveLimit = `, above the limit of ${valueWords(limit, unit)}`;
  switch (measure.kind) {
    case 'quantile': {
      const told = boundary(limit / 1000, buckets) * 1000;
      const boundaryWords =
        told === limit ? '' : ` (told from ${valueWords(told, unit)} on, the next boundary of a bucket)`;
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
        besides: `, and a week before at least ${value}`,
      };
    case 'busiest_minute':
      return { value, besides: aboveLimit };
    default:
      return { value: `${value} in ${window}`, besides: aboveLimit };
  }
}

/** The value of an alert, for people. */
const VALUES: Readonly<Record<ConfiguredRule['unit'], string>> = {
  ms: '{{ $value | humanizeDuration }}',
  ratio: '{{ $value | humanizePercentage }}',
  usd: '${{ printf "%.2f" $value }}',
  usd_per_hour: '${{ printf "%.2f" $value }}',
  per_minute: '{{ printf "%.0f" $value }} a minute',
  calls: '{{ printf "%.0f" $value }}',
};
