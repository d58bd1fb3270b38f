import { metricName } from '../metric-names.js';
import type { Naming } from '../naming.js';

export interface Counted {
  /** As OpenTelemetry names it; the part of a histogram after a colon: `llm.call.duration:bucket`. */
  readonly metric: string;
  /** Labels that it is told apart by. Default: none, all in one. */
  readonly by?: readonly string[];
  /** Matchers besides those of the dashboard's variables. */
  readonly where?: readonly string[];
  /** How long before the moment it begins. Default: all that the dashboard shows. */
  readonly over?: string;
}

export const FEATURE = 'llm_feature';
export const OPERATION = 'llm_operation';
export const MODEL = 'gen_ai_response_model';
export const TOKEN_TYPE = 'gen_ai_token_type';
export const ERROR_TYPE = 'llm_error_type';

/** The window of a point of a chart, as Grafana works it out from the step and the interval between samples. */
const POINT = '$__rate_interval';
/** All that the dashboard shows. */
const SHOWN = '$__range';

/** The figures of dashboards in PromQL, of the series that the dashboard's variables choose. */
export class Figures {
  constructor(private readonly naming: Naming) {}

  /**
   * How much has been counted. A counter is there from its first count on, and `increase()` sees only what is added
   * after that: without more, the first error of a kind would not be there. So the first value of a series that there
   * was not before is added, if the process had been scraped before: where it had not, it may have been counting for
   * long.
   */
  counted({ metric, by = [], where = [], over = SHOWN }: Counted): string {
    const name = this.name(metric);
    const series = `${name}{${[...this.matchers(metric), ...where].join(', ')}}`;
    // What stands to the right of `unless` and `and` is only looked up: it need not be chosen once more.
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

  /** The same, as a number an hour or a minute. For charts. */
  rate(per: 'hour' | 'minute', counted: Omit<Counted, 'over'>): string {
    return `${this.counted({ ...counted, over: POINT })} * ${per === 'hour' ? 3_600_000 : 60_000} / ${POINT}_ms`;
  }

  /** A part of a whole, 0 where there is none of it, and nothing where there is no whole. For charts. */
  ratio(part: Omit<Counted, 'by' | 'over'>, whole: Omit<Counted, 'over'>): string {
    return this.ratioOver(POINT, part, whole);
  }

  /** The same, of all that is shown. */
  ratioShown(part: Omit<Counted, 'by' | 'over'>, whole: Omit<Counted, 'over'>): string {
    return this.ratioOver(SHOWN, part, whole);
  }

  /** A quantile of a histogram. `over`: as of `counted`. */
  quantile(quantile: number, metric: string, by: readonly string[], over = SHOWN): string {
    const buckets = this.counted({ metric: `${metric}:bucket`, by: [...by, 'le'], over });
    return `histogram_quantile(${quantile}, ${buckets})`;
  }

  /** The same, for charts. */
  quantileAt(quantile: number, metric: string, by: readonly string[]): string {
    return this.quantile(quantile, metric, by, POINT);
  }

  /** A count of what is no good: 0 is said only where there are calls. */
  countedOfCalls(counted: Omit<Counted, 'over'>): string {
    return `${this.counted(counted)} or ${this.counted({ metric: 'llm.calls', by: counted.by })} * 0`;
  }

  /** USD for 1,000 calls whose cost is known. */
  costPer1000(by: readonly string[] = []): string {
    const calls = this.counted({ metric: 'llm.calls', by });
    const none = `${calls} * 0`;
    const unpriced = `(${this.counted({ metric: 'llm.unpriced', by })} or ${none})`;
    const missing = `(${this.counted({ metric: 'llm.usage_missing', by })} or ${none})`;
    return `1000 * ${this.counted({ metric: 'llm.cost', by })} / (${calls} - ${unpriced} - ${missing} > 0)`;
  }

  /** What share of all each has, of what is shown. */
  share(counted: Omit<Counted, 'over'>): string {
    return `${this.counted(counted)} / on () group_left () ${this.counted({ ...counted, by: [] })}`;
  }

  /** A label's values, for a variable. */
  labelValues(label: string, matchers: readonly string[]): string {
    const series = this.name(label === MODEL ? 'llm.attempts' : 'llm.calls');
    return `label_values(${series}${matchers.length === 0 ? '' : `{${matchers.join(', ')}}`}, ${label})`;
  }

  /** Matchers of what is chosen to the left of a variable. */
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

  /** The conventions' metrics know nothing of features and operations. */
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

/** What a figure of all that is shown was in the period before, which is as long. */
function before(expression: string): string {
  return `last_over_time((${expression})[1s:1s] offset ${SHOWN})`;
}

/** By what part it is more than in the period before; nothing where there was nothing. */
export function change(expression: string): string {
  return `(${expression}) / (${before(expression)} > 0) - 1`;
}

/** How much more it is than in the period before. */
export function difference(expression: string): string {
  return `(${expression}) - ${before(expression)}`;
}
