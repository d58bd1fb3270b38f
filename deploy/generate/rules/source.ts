import { HOUR } from '../../../src/llm-telemetry/units/time.js';
import { metricName } from '../metric-names.js';
import type { Naming } from '../naming.js';
import type { GenerateOptions } from '../options.js';
import { duration, enclosed, indented, selector } from './promql.js';

/** Samples that a window must have at least, so that one which is late leaves enough to see an increase. */
const SAMPLES_IN_A_WINDOW = 4;

/** What is counted of a metric. */
export interface Counted {
  /** As OpenTelemetry names it. */
  readonly metric: string;
  readonly matchers?: readonly string[];
  /** Labels that it is told apart by, `job` aside: that is always one of them. */
  readonly by: readonly string[];
  /** Before it is scaled. */
  readonly windowMs: number;
  /** How long ago the window has ended, before it is scaled. Default 0. */
  readonly agoMs?: number;
}

/** Where the figures of rules come from: our metrics, as they are named on one way to Prometheus. */
export class Source {
  constructor(
    readonly naming: Naming,
    private readonly options: Pick<GenerateOptions, 'scale' | 'intervals'>,
  ) {}

  /** A length of time, scaled, in milliseconds. */
  scaled(ms: number): number {
    return ms * this.options.scale;
  }

  /** A window, scaled, and long enough to see an increase in, in milliseconds. */
  window(ms: number): number {
    return Math.max(this.scaled(ms), SAMPLES_IN_A_WINDOW * this.options.intervals[this.naming]);
  }

  /**
   * How much has been counted in a window. A counter is there from its first count on, and `increase()` sees only what
   * is added after that: with nothing else, the first unpriced call of all would not be there. So a series that there was
   * not before the window counts with its whole value, if its process had been scraped before: where it had not, it may
   * have been counted up for a long time. A restart is seen by `increase()`; what processes count is summed.
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

  /** The name in Prometheus, with the part of a histogram that follows a colon: `llm.call.duration:bucket`. */
  private name(metric: string): string {
    const [name, part] = metric.split(':');
    const base = metricName(name!, this.naming);
    return part === undefined ? base : `${base}_${part}`;
  }
}

/** A part of a whole, 0 where there is none of it; nothing where there is no whole. */
export function ratio(part: string, whole: string): string {
  return `(${part} or ${whole} * 0)\n/\n(${whole} > 0)`;
}

/** The lesser of two figures with the same labels. */
export function lesser(one: string, other: string): string {
  return `${one} < ${other}\nor\n${indented(other).trimStart()}`;
}
