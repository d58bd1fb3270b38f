import type { Dimension, Measures } from '../../store/measures.js';
import { DAY, HOUR, MINUTE } from '../../units/time.js';
import type { AlertName, AlertSeverity, AlertUnit } from './alert.js';
import type { AlertsOptions, FeatureAlertLimit } from './alerts.options.js';

/**
 * Definition of an alert as data. The evaluator and the Prometheus rules are derived from the same definitions.
 *
 * Terms of this folder:
 *
 * - **definition**: an alert with its default limits. **Rule**: a definition with the application's limits.
 * - **instance**: a rule applied to one feature, operation or model. Each instance has its own state.
 * - **reading**: the value and the limit of an instance at a point in time, or the reason why there is no value.
 * - **beyond**: on the side of the limit on which the alert fires.
 */
export interface AlertDefinition {
  readonly name: AlertName;
  readonly severity: AlertSeverity;
  /** Name of the measured value; the first words of the alert message. */
  readonly subject: string;
  /** Condition under which the alert fires, with the placeholders `{limit}`, `{window}` and `{minimum}`. */
  readonly condition: string;
  /** Recommended action when the alert fires, as a sentence. */
  readonly remedy: string;
  readonly measure: AlertMeasure;
  readonly unit: AlertUnit;
  readonly limit: number;
  /** `multiple`: `limit` is a factor of the instance's earlier values or of its budget. */
  readonly limitIs: 'absolute' | 'multiple';
  readonly fires: 'above' | 'below';
  /** Dimensions of the instances. Empty: one instance for the whole application. */
  readonly by: ReadonlyArray<'feature' | 'operation' | 'model'>;
  readonly windowMs: number;
  /** Time in milliseconds that the value must stay beyond the limit before the alert fires. */
  readonly forMs: number;
  /** Minimum volume in the window for an evaluation, in the unit given by `measure`. 0: no minimum. */
  readonly minimum: number;
}

/** Computation of the value of an alert from the measures of its window. */
export type AlertMeasure =
  /** Quantile of a duration. The minimum is a number of calls. */
  | { readonly kind: 'quantile'; readonly of: 'duration'; readonly quantile: 'p99' }
  /** Share of `of` in `among`. The minimum is a number of `among`. */
  | { readonly kind: 'share'; readonly of: CountMeasure; readonly among: 'calls' | 'billedCalls' }
  /** Count in the whole window. The note names the largest contributor by `blame`. */
  | { readonly kind: 'count'; readonly of: CountMeasure; readonly blame: Dimension }
  /** Count in the busiest minute of the window. */
  | { readonly kind: 'busiest_minute'; readonly of: CountMeasure; readonly blame: Dimension }
  /**
   * Cost compared with its history: the limit is a multiple of the mean of the same window on the previous 7 days, else
   * of the previous 24 hours. The minimum is in USD.
   */
  | { readonly kind: 'cost_growth'; readonly historyMs: number }
  /** Calls of features that had at least the minimum in the same window a week before. */
  | { readonly kind: 'silence' }
  /** Projected spend of a budget at the end of its period. */
  | { readonly kind: 'budget_pace' };

/** Name of a measure that is a number. */
export type CountMeasure = {
  [Name in keyof Measures]: Measures[Name] extends number ? Name : never;
}[keyof Measures];

/** All alerts with their default limits. */
export const ALERT_DEFINITIONS = [
  {
    name: 'high_latency',
    severity: 'critical',
    subject: 'P99 duration',
    condition: 'P99 duration above {limit} in {window}, by operation',
    remedy: 'Check the slowest calls for retries, long outputs or a slow model.',
    measure: { kind: 'quantile', of: 'duration', quantile: 'p99' },
    unit: 'ms',
    limit: 10_000,
    limitIs: 'absolute',
    fires: 'above',
    by: ['feature', 'operation'],
    windowMs: 5 * MINUTE,
    forMs: 2 * MINUTE,
    minimum: 20,
  },
  {
    name: 'truncation_spike',
    severity: 'warning',
    subject: 'Truncated calls',
    condition: 'Truncated calls above {limit} in {window}, by model',
    remedy: 'Raise the output token limit or shorten the input.',
    measure: { kind: 'share', of: 'truncated', among: 'calls' },
    unit: 'ratio',
    limit: 0.05,
    limitIs: 'absolute',
    fires: 'above',
    by: ['model'],
    windowMs: 15 * MINUTE,
    forMs: 5 * MINUTE,
    minimum: 20,
  },
  {
    name: 'rate_limiting',
    severity: 'critical',
    subject: 'Rate-limited requests',
    condition: 'Rate-limited requests above {limit}',
    remedy: 'Reduce concurrency or ask the provider for a higher limit.',
    measure: { kind: 'busiest_minute', of: 'rateLimitedAttempts', blame: 'model' },
    unit: 'per_minute',
    limit: 10,
    limitIs: 'absolute',
    fires: 'above',
    by: [],
    windowMs: MINUTE,
    forMs: 2 * MINUTE,
    minimum: 0,
  },
  {
    name: 'cost_spike',
    severity: 'warning',
    subject: 'Cost',
    condition:
      'Cost in {window} above {limit} × the mean of the same time on the previous 7 days, by feature',
    remedy: 'Compare calls, tokens per call and models with the days before.',
    measure: { kind: 'cost_growth', historyMs: 6 * HOUR },
    unit: 'usd_per_hour',
    limit: 2,
    limitIs: 'multiple',
    fires: 'above',
    by: ['feature'],
    windowMs: HOUR,
    forMs: 10 * MINUTE,
    minimum: 0.1,
  },
  {
    name: 'content_filter',
    severity: 'warning',
    subject: 'Calls blocked by a content filter',
    condition: 'Calls blocked by a content filter above {limit} in {window}',
    remedy: 'Check the inputs of these calls and the filter settings of the provider.',
    measure: { kind: 'count', of: 'contentFiltered', blame: 'feature' },
    unit: 'calls',
    limit: 3,
    limitIs: 'absolute',
    fires: 'above',
    by: [],
    windowMs: HOUR,
    forMs: 0,
    minimum: 0,
  },
  {
    name: 'error_ratio',
    severity: 'critical',
    subject: 'Failed calls',
    condition: 'Failed calls above {limit} in {window}, by feature',
    remedy: 'Check the error types of the failed calls.',
    measure: { kind: 'share', of: 'failed', among: 'calls' },
    unit: 'ratio',
    limit: 0.05,
    limitIs: 'absolute',
    fires: 'above',
    by: ['feature'],
    windowMs: 5 * MINUTE,
    forMs: 5 * MINUTE,
    minimum: 20,
  },
  {
    name: 'unpriced_calls',
    severity: 'warning',
    subject: 'Unpriced calls',
    condition: 'Unpriced calls above {limit} in {window}',
    remedy: 'Add a price with pricing.overrides or pricing.file.',
    measure: { kind: 'count', of: 'unpricedCalls', blame: 'model' },
    unit: 'calls',
    limit: 0,
    limitIs: 'absolute',
    fires: 'above',
    by: [],
    windowMs: HOUR,
    forMs: 0,
    minimum: 0,
  },
  {
    name: 'missing_usage',
    severity: 'warning',
    subject: 'Calls without usage',
    condition: 'Calls without usage above {limit} in {window}',
    remedy: 'Set includeStreamUsage if these calls are streamed.',
    measure: { kind: 'share', of: 'missingUsageCalls', among: 'billedCalls' },
    unit: 'ratio',
    limit: 0.01,
    limitIs: 'absolute',
    fires: 'above',
    by: [],
    windowMs: HOUR,
    forMs: 15 * MINUTE,
    minimum: 20,
  },
  {
    name: 'budget_burn',
    severity: 'warning',
    subject: 'Projected spend for the budget',
    condition: 'Projected spend above {limit} × the budget',
    remedy: 'Reduce spend or raise the budget.',
    measure: { kind: 'budget_pace' },
    unit: 'usd',
    limit: 1,
    limitIs: 'multiple',
    fires: 'above',
    by: [],
    windowMs: DAY,
    forMs: 0,
    minimum: 0,
  },
  {
    name: 'traffic_gone',
    severity: 'critical',
    subject: 'Calls',
    condition:
      'Calls below {limit} in {window}, with at least {minimum} in the same window a week before, by feature',
    remedy: 'Check that the feature is reachable and still used.',
    measure: { kind: 'silence' },
    unit: 'calls',
    limit: 1,
    limitIs: 'absolute',
    fires: 'below',
    by: ['feature'],
    windowMs: 30 * MINUTE,
    forMs: 0,
    minimum: 20,
  },
] as const satisfies readonly AlertDefinition[];

/** A definition with the application's limits. */
export interface ConfiguredRule extends AlertDefinition {
  readonly enabled: boolean;
  /** Limits by feature; `false`: disabled. */
  readonly features: ReadonlyMap<string, number | false>;
}

/** Returns all alerts with the application's limits. The options must be valid (`alerts.schema.ts`). */
export function configuredRules({ limits = {}, disabled = [] }: AlertsOptions): readonly ConfiguredRule[] {
  return ALERT_DEFINITIONS.map((definition) =>
    ruleOf(definition, limits[definition.name], !disabled.includes(definition.name)),
  );
}

function ruleOf(
  definition: AlertDefinition,
  given: number | FeatureAlertLimit | undefined,
  enabled: boolean,
): ConfiguredRule {
  const own: FeatureAlertLimit = typeof given === 'number' ? { limit: given } : (given ?? {});
  return {
    ...definition,
    limit: own.limit ?? definition.limit,
    windowMs: own.windowMs ?? definition.windowMs,
    forMs: own.forMs ?? definition.forMs,
    minimum: own.minimum ?? definition.minimum,
    enabled,
    features: new Map(Object.entries(own.features ?? {})),
  };
}
