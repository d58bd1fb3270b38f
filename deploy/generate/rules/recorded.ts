import { DAY, HOUR } from '../../../src/llm-telemetry/units/time.js';
import type { AlertName } from '../../../src/llm-telemetry/alerts/definitions/alert.js';
import type { ConfiguredRule } from '../../../src/llm-telemetry/alerts/definitions/alert-definitions.js';
import { ERROR_TYPE, FEATURE, MODEL, OPERATION, TOKEN_TYPE } from '../metric-labels.js';
import { duration, enclosed, lesser, ratio } from '../promql.js';
import type { RecordingRule } from './rule.js';
import type { Counted, Source } from './source.js';

const DAYS_BEFORE = [1, 2, 3, 4, 5, 6, 7];
/** Search range for the first call of a feature, the same as in the store. */
const LOOKED_BACK = 8 * DAY;

/**
 * Recording rules for alerts and dashboards. Their names are the same in both naming schemes. Their windows are those
 * of the alerts.
 */
export class Recorded {
  readonly calls: RecordingRule[] = [];
  readonly costs: RecordingRule[] = [];
  private readonly windows: ReadonlyMap<AlertName, number>;

  /** Share of failed calls, by feature. */
  readonly errorRatio: string;
  readonly callsByFeature: string;
  /** Share of truncated calls, by model. */
  readonly truncatedRatio: string;
  readonly callsByModel: string;
  /** P99 of call durations in seconds, by feature and operation. */
  readonly p99: string;
  readonly callsByOperation: string;
  /** Rate-limited requests. */
  readonly rateLimited: string;
  readonly contentFiltered: string;
  readonly unpriced: string;
  /** Share of answered calls without usage. */
  readonly usageMissingRatio: string;
  readonly answered: string;
  /** USD in the window, by feature. */
  readonly cost: string;
  /** Usual USD in a window, by feature. */
  readonly usualCost: string;

  constructor(
    private readonly source: Source,
    rules: readonly ConfiguredRule[],
    historyMs: number,
  ) {
    this.windows = new Map(rules.map(({ name, windowMs }) => [name, windowMs]));

    const latency = this.windowOf('high_latency');
    this.callsByOperation = this.increase('llm_calls', {
      metric: 'llm.calls',
      by: [FEATURE, OPERATION],
      windowMs: latency,
    });
    this.p99 = this.quantiles('llm_call_duration_seconds', 'llm.call.duration', latency, [0.5, 0.95, 0.99]);
    this.quantiles('llm_time_to_first_token_seconds', 'llm.time_to_first_token', latency, [0.5, 0.95, 0.99]);

    const errors = this.windowOf('error_ratio');
    this.callsByFeature = this.increase('llm_calls', {
      metric: 'llm.calls',
      by: [FEATURE],
      windowMs: errors,
    });
    this.errorRatio = this.share(
      'llm_errors',
      this.increase('llm_errors', { metric: 'llm.errors', by: [FEATURE], windowMs: errors }),
      this.callsByFeature,
    );
    this.share(
      'llm_retries',
      this.increase('llm_retries', {
        metric: 'llm.attempts',
        matchers: ['llm_is_retry="true"'],
        by: [FEATURE],
        windowMs: errors,
      }),
      this.increase('llm_attempts', { metric: 'llm.attempts', by: [FEATURE], windowMs: errors }),
    );

    const truncated = this.windowOf('truncation_spike');
    this.callsByModel = this.increase('llm_calls', { metric: 'llm.calls', by: [MODEL], windowMs: truncated });
    this.truncatedRatio = this.share(
      'llm_truncated',
      this.increase('llm_truncated', { metric: 'llm.truncated', by: [MODEL], windowMs: truncated }),
      this.callsByModel,
    );

    this.rateLimited = this.increase('llm_rate_limited_attempts', {
      metric: 'llm.attempts',
      matchers: [`${ERROR_TYPE}="rate_limit"`],
      by: [],
      windowMs: this.windowOf('rate_limiting'),
    });
    this.contentFiltered = this.increase('llm_content_filtered', {
      metric: 'llm.errors',
      matchers: [`${ERROR_TYPE}="content_filter"`],
      by: [],
      windowMs: this.windowOf('content_filter'),
    });
    this.unpriced = this.increase('llm_unpriced', {
      metric: 'llm.unpriced',
      by: [],
      windowMs: this.windowOf('unpriced_calls'),
    });

    const missing = this.windowOf('missing_usage');
    this.answered = this.answeredCalls(missing);
    this.usageMissingRatio = this.share(
      'llm_usage_missing',
      this.increase('llm_usage_missing', { metric: 'llm.usage_missing', by: [], windowMs: missing }),
      this.answered,
    );

    const cost = this.windowOf('cost_spike');
    this.cost = this.increase(
      'llm_cost_usd',
      { metric: 'llm.cost', by: [FEATURE], windowMs: cost },
      this.costs,
    );
    this.increase('llm_cost_usd', { metric: 'llm.cost', by: [MODEL], windowMs: cost }, this.costs);
    this.increase(
      'llm_tokens',
      { metric: 'llm.tokens', by: [FEATURE, TOKEN_TYPE], windowMs: cost },
      this.costs,
    );
    this.usualCost = this.usual(cost, historyMs);
  }

  private windowOf(alert: AlertName): number {
    const window = this.windows.get(alert);
    if (window === undefined) throw new Error(`Unknown alert "${alert}".`);
    return window;
  }

  /** Records the count in a window. Returns the name of the rule. */
  private increase(measure: string, counted: Counted, to = this.calls): string {
    const suffix = `increase${duration(this.source.window(counted.windowMs))}`;
    return record(to, nameOf(counted.by, measure, suffix), this.source.counted(counted));
  }

  /** Records the ratio of two increases with the same labels. Returns the name of the rule. */
  private share(measure: string, part: string, whole: string): string {
    const [level, , operation] = part.split(':');
    return record(this.calls, `${level}:${measure}:ratio_${operation}`, ratio(part, whole));
  }

  /** Records quantiles. Returns the name of the highest. */
  private quantiles(measure: string, metric: string, windowMs: number, quantiles: readonly number[]): string {
    const by = [FEATURE, OPERATION];
    const buckets = this.increase(`${measure}_bucket`, {
      metric: `${metric}:bucket`,
      by: [...by, 'le'],
      windowMs,
    });
    const names = quantiles.map((quantile) =>
      record(
        this.calls,
        nameOf(by, measure, `p${quantile * 100}_${duration(this.source.window(windowMs))}`),
        `histogram_quantile(${quantile}, ${buckets})`,
      ),
    );
    return names.at(-1)!;
  }

  /**
   * Records an estimate of answered calls, which metrics do not count: the requests that did not fail, but at most the
   * number of calls, because one call can make many requests.
   */
  private answeredCalls(windowMs: number): string {
    const requests = this.increase('llm_answered_attempts', {
      metric: 'llm.attempts',
      matchers: [`${ERROR_TYPE}=""`],
      by: [],
      windowMs,
    });
    const calls = this.increase('llm_calls', { metric: 'llm.calls', by: [], windowMs });
    return record(
      this.calls,
      requests.replace('llm_answered_attempts', 'llm_answered_calls'),
      lesser(requests, calls),
    );
  }

  /**
   * Records the usual cost of a feature in a window: the mean of the same window on the previous 7 days if the feature
   * existed and had costs then. Otherwise the mean of the previous 24 hours, or of the shorter history. Without enough
   * history there is no result.
   */
  private usual(windowMs: number, historyMs: number): string {
    const { source, cost, costs } = this;
    const window = duration(source.window(windowMs));
    const age = this.age(windowMs);
    const days = DAYS_BEFORE.map(
      (day) => `label_replace(${cost} offset ${duration(source.scaled(day * DAY))}, "day", "${day}", "", "")`,
    );
    const byDay = record(
      costs,
      nameOf([FEATURE], 'llm_cost_usd', `mean_increase${window}_7d`),
      `sum by (job, ${FEATURE}) ${enclosed(days.join('\nor\n'))} / ${DAYS_BEFORE.length}
and
(${age} >= ${seconds(source.scaled(7 * DAY))})`,
    );
    const before = this.increase(
      'llm_cost_usd_before',
      { metric: 'llm.cost', by: [FEATURE], windowMs: DAY, agoMs: windowMs },
      costs,
    );
    const windows = `clamp_max(${age}, ${seconds(source.window(DAY))}) / ${seconds(source.window(windowMs))}`;
    return record(
      costs,
      nameOf([FEATURE], 'llm_cost_usd', `usual_increase${window}`),
      `(${byDay} > 0)
or
(
  (${before} > 0) / (${windows})
  and
  (${age} >= ${seconds(source.scaled(historyMs))})
)`,
    );
  }

  /** Records the age of a feature before the window in seconds, to the hour as in the store. */
  private age(windowMs: number): string {
    const { source } = this;
    const hour = source.scaled(HOUR);
    const first = `min_over_time(timestamp(${this.cost})[${duration(source.scaled(LOOKED_BACK))}:${duration(hour)}])`;
    return record(
      this.costs,
      nameOf([FEATURE], 'llm_cost_usd', 'age_seconds'),
      `time() - ${seconds(source.window(windowMs))}
-
${seconds(hour)} * floor((${first} - 0.001) / ${seconds(hour)})`,
    );
  }
}

function record(to: RecordingRule[], name: string, expr: string): string {
  // Alerts with the same window share recording rules.
  if (!to.some((rule) => rule.record === name)) to.push({ record: name, expr });
  return name;
}

function nameOf(by: readonly string[], measure: string, operation: string): string {
  return `${['job', ...by].join('_')}:${measure}:${operation}`;
}

function seconds(ms: number): string {
  return String(Number((ms / 1000).toPrecision(6)));
}
