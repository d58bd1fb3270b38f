import { metricName } from '../metric-names.js';
import type { Naming } from '../naming.js';

/** A count of a metric in a range. */
export interface Counted {
  /** Name in OpenTelemetry. A colon separates the part of a histogram: `llm.call.duration:bucket`. */
  readonly metric: string;
  /** Labels to group by. By default, everything is summed. */
  readonly by?: readonly string[];
  /** Matchers in addition to those of the dashboard's variables. */
  readonly where?: readonly string[];
  /** Range. By default, the selected range of the dashboard. */
  readonly over?: string;
}

export const FEATURE = 'llm_feature';
export const OPERATION = 'llm_operation';
export const MODEL = 'gen_ai_response_model';
export const TOKEN_TYPE = 'gen_ai_token_type';
export const ERROR_TYPE = 'llm_error_type';

/** Window of a chart point, computed by Grafana from step and sample interval. */
const POINT = '$__rate_interval';
/** Selected range of the dashboard. */
const SHOWN = '$__range';

/** PromQL expressions of dashboards over the series selected by the dashboard's variables. */
export class Figures {
  constructor(private readonly naming: Naming) {}

  /**
   * Returns the count. A counter exists from its first count, and `increase()` sees only later additions, so the first
   * error of a kind would be missed. The first value of a new series is therefore added, if its process was scraped before;
   * otherwise it can contain counts of a long time.
   */
  counted({ metric, by = [], where = [], over = SHOWN }: Counted): string {
    const name = this.name(metric);
    const series = `${name}{${[...this.matchers(metric), ...where].join(', ')}}`;
    // The right sides of `unless` and `and` are only matched, so they need no filter.
    const all = `${name}{${JOB}}`;
    const process = `${this.naming === 'scrape' ? 'up' : 'target_info'}{${JOB}}`;
    return `sum${by.length === 0 ? '' : ` by (${by.join(', ')})`} (
  increase(${series}[${over}])
  or
  label_replace(
    min_over_time(${series}[${over}])
    unless
    last_over_time(${all}[1h] offset ${over})
    and
    (
      count_over_time(${all}[${over}])
      < on (job, instance) group_left ()
      max by (job, instance) (count_over_time(${process}[${over}]))
    ),
    "counted", "first", "", ""
  )
)`;
  }

  /** Returns the count per hour or minute, for charts. */
  rate(per: 'hour' | 'minute', counted: Omit<Counted, 'over'>): string {
    return `${this.counted({ ...counted, over: POINT })} * ${per === 'hour' ? 3_600_000 : 60_000} / ${POINT}_ms`;
  }

  /** Returns the ratio of a part to a whole, for charts: 0 without a part, no result without a whole. */
  ratio(part: Omit<Counted, 'by' | 'over'>, whole: Omit<Counted, 'over'>): string {
    return this.ratioOver(POINT, part, whole);
  }

  /** Returns the ratio over the selected range. */
  ratioShown(part: Omit<Counted, 'by' | 'over'>, whole: Omit<Counted, 'over'>): string {
    return this.ratioOver(SHOWN, part, whole);
  }

  /** Returns a quantile of a histogram. `over` is the range, as in `counted`. */
  quantile(quantile: number, metric: string, by: readonly string[], over = SHOWN): string {
    const buckets = this.counted({ metric: `${metric}:bucket`, by: [...by, 'le'], over });
    return `histogram_quantile(${quantile}, ${buckets})`;
  }

  /** Returns a quantile for charts. */
  quantileAt(quantile: number, metric: string, by: readonly string[]): string {
    return this.quantile(quantile, metric, by, POINT);
  }

  /** Returns a count that is 0 only if there are calls, and has no result otherwise. */
  countedOfCalls(counted: Omit<Counted, 'over'>): string {
    return `${this.counted(counted)} or ${this.counted({ metric: 'llm.calls', by: counted.by })} * 0`;
  }

  /** Returns USD per 1,000 calls with known cost. */
  costPer1000(by: readonly string[] = []): string {
    const calls = this.counted({ metric: 'llm.calls', by });
    const none = `${calls} * 0`;
    const unpriced = `(${this.counted({ metric: 'llm.unpriced', by })} or ${none})`;
    const missing = `(${this.counted({ metric: 'llm.usage_missing', by })} or ${none})`;
    return `1000 * ${this.counted({ metric: 'llm.cost', by })} / (${calls} - ${unpriced} - ${missing} > 0)`;
  }

  /** Returns the share of each group in the total. */
  share(counted: Omit<Counted, 'over'>): string {
    return `${this.counted(counted)} / on () group_left () ${this.counted({ ...counted, by: [] })}`;
  }

  /** Returns a query for the values of a label, for a variable. */
  labelValues(label: string, matchers: readonly string[]): string {
    const series = this.name(label === MODEL ? 'llm.attempts' : 'llm.calls');
    return `label_values(${series}${matchers.length === 0 ? '' : `{${matchers.join(', ')}}`}, ${label})`;
  }

  /** Returns matchers for the given variables. */
  chosen(variables: ReadonlyArray<'job' | 'feature' | 'operation'>): readonly string[] {
    const matchers = {
      job: JOB,
      feature: `${FEATURE}=~"$feature"`,
      operation: `${OPERATION}=~"$operation"`,
    };
    return variables.map((name) => matchers[name]);
  }

  private ratioOver(over: string, part: Omit<Counted, 'by' | 'over'>, whole: Omit<Counted, 'over'>): string {
    const all = this.counted({ ...whole, over });
    return `(${this.counted({ ...part, by: whole.by, over })} or ${all} * 0) / (${all} > 0)`;
  }

  /** Metrics of the conventions have no feature and no operation. */
  private matchers(metric: string): readonly string[] {
    const model = `${MODEL}=~"$model"`;
    return metric.startsWith('llm.')
      ? [...this.chosen(['job', 'feature', 'operation']), model]
      : [...this.chosen(['job']), model];
  }

  private name(metric: string): string {
    const [name, part] = metric.split(':');
    const base = metricName(name!, this.naming);
    return part === undefined ? base : `${base}_${part}`;
  }
}

const JOB = 'job=~"$job"';

/** Returns the value in the previous period of the same length. */
function before(expression: string): string {
  return `last_over_time((${expression})[1s:1s] offset ${SHOWN})`;
}

/** Returns the relative change to the previous period; no result if that is 0. */
export function change(expression: string): string {
  return `(${expression}) / (${before(expression)} > 0) - 1`;
}

/** Returns the absolute change to the previous period. */
export function difference(expression: string): string {
  return `(${expression}) - ${before(expression)}`;
}
