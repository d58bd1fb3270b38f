import { HOUR } from '../../../src/llm-telemetry/units/time.js';
import { metricName } from '../metric-names.js';
import type { Naming } from '../naming.js';
import type { GenerateOptions } from '../options.js';
import { duration, enclosed, indented, selector } from './promql.js';

/** Minimum number of samples in a window, so that an increase is visible even if one sample is late. */
const SAMPLES_IN_A_WINDOW = 4;

/** A count of a metric in a window. */
export interface Counted {
  /** Name in OpenTelemetry. */
  readonly metric: string;
  readonly matchers?: readonly string[];
  /** Labels to group by, in addition to `job`. */
  readonly by: readonly string[];
  /** Unscaled, in milliseconds. */
  readonly windowMs: number;
  /**
   * Time since the end of the window, unscaled, in milliseconds.
   * @defaultValue 0
   */
  readonly agoMs?: number;
}

/** PromQL expressions over our metrics in one naming scheme. */
export class Source {
  constructor(
    readonly naming: Naming,
    private readonly options: Pick<GenerateOptions, 'scale' | 'intervals'>,
  ) {}

  /** Returns a scaled duration in milliseconds. */
  scaled(ms: number): number {
    return ms * this.options.scale;
  }

  /** Returns a scaled window in milliseconds, at least long enough to see an increase. */
  window(ms: number): number {
    return Math.max(this.scaled(ms), SAMPLES_IN_A_WINDOW * this.options.intervals[this.naming]);
  }

  /**
   * Returns an expression for the count in a window. A counter exists from its first count, and `increase()` sees only
   * later additions, so the first unpriced call would be missed. A series that is new in the window therefore counts with
   * its whole value, if its process was scraped before; otherwise it can contain counts of a long time. `increase()`
   * detects restarts; the counts of processes are summed.
   */
  counted({ metric, matchers = [], by, windowMs, agoMs = 0 }: Counted): string {
    const series = `${this.name(metric)}${selector(matchers)}`;
    const window = this.window(windowMs);
    const ago = this.scaled(agoMs);
    const before = Math.max(window, this.scaled(HOUR));
    const at = (name: string, range: number, offset: number): string =>
      `${name}[${duration(range)}]${offset > 0 ? ` offset ${duration(offset)}` : ''}`;
    const now = at(series, window, ago);
    const process = this.naming === 'scrape' ? 'up' : 'target_info';
    return `sum by (${['job', ...by].join(', ')}) ${enclosed(`(
  max_over_time(${now})
  unless
  last_over_time(${at(series, before, window + ago)})
  and
  (
    count_over_time(${now})
    < on (job, instance) group_left ()
    max by (job, instance) (count_over_time(${at(process, window, ago)}))
  )
)
or
increase(${now})`)}`;
  }

  /** Returns the Prometheus name. A colon separates the part of a histogram: `llm.call.duration:bucket`. */
  private name(metric: string): string {
    const [name, part] = metric.split(':');
    const base = metricName(name!, this.naming);
    return part === undefined ? base : `${base}_${part}`;
  }
}

/** Returns the ratio of a part to a whole: 0 without a part, no result without a whole. */
export function ratio(part: string, whole: string): string {
  return `(${part} or ${whole} * 0)\n/\n(${whole} > 0)`;
}

/** Returns the lesser of two values with the same labels. */
export function lesser(one: string, other: string): string {
  return `${one} < ${other}\nor\n${indented(other).trimStart()}`;
}
