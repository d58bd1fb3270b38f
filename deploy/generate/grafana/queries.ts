import { HOUR, MINUTE } from '../../../src/llm-telemetry/units/time.js';
import { FEATURE, MODEL, OPERATION } from '../metric-labels.js';
import { seriesName } from '../metric-names.js';
import { PROCESS_SERIES, type Naming } from '../naming.js';
import { counted, ratio, selector } from '../promql.js';

/** A count of a metric in a range. */
export interface Counted {
  /** Name in OpenTelemetry, as in `seriesName`. */
  readonly metric: string;
  /** Labels to group by. By default, everything is summed. */
  readonly by?: readonly string[];
  /** Matchers in addition to those of the dashboard's variables. */
  readonly where?: readonly string[];
  /** Range. By default, the selected range of the dashboard. */
  readonly over?: string;
}

/** Window of a chart point, computed by Grafana from step and sample interval. */
const POINT = '$__rate_interval';
/** Selected range of the dashboard. */
const SHOWN = '$__range';

/** PromQL expressions of dashboards over the series selected by the dashboard's variables. */
export class Queries {
  constructor(private readonly naming: Naming) {}

  /** Returns the count in a range. */
  counted({ metric, by = [], where = [], over = SHOWN }: Counted): string {
    const name = seriesName(metric, this.naming);
    return counted({
      series: `${name}${selector([...this.matchers(metric), ...where])}`,
      known: `${name}${selector([JOB])}`,
      process: `${PROCESS_SERIES[this.naming]}${selector([JOB])}`,
      by,
      window: over,
      before: '1h',
      newSeries: 'first_value_and_increase',
    });
  }

  /** Returns the count per hour or minute, for charts. */
  rate(per: 'hour' | 'minute', counted: Omit<Counted, 'over'>): string {
    return `${this.counted({ ...counted, over: POINT })} * ${per === 'hour' ? HOUR : MINUTE} / ${POINT}_ms`;
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
    const series = seriesName(label === MODEL ? 'llm.attempts' : 'llm.calls', this.naming);
    return `label_values(${series}${selector(matchers)}, ${label})`;
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
    return ratio(this.counted({ ...part, by: whole.by, over }), all, 'line');
  }

  /** Metrics of the conventions have no feature and no operation. */
  private matchers(metric: string): readonly string[] {
    const model = `${MODEL}=~"$model"`;
    return metric.startsWith('llm.')
      ? [...this.chosen(['job', 'feature', 'operation']), model]
      : [...this.chosen(['job']), model];
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
