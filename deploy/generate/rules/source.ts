import { HOUR } from '../../../src/llm-telemetry/units/time.js';
import { seriesName } from '../metric-names.js';
import { PROCESS_SERIES, type Naming } from '../naming.js';
import type { GenerateOptions } from '../options.js';
import { counted, duration, selector } from '../promql.js';

/** Minimum number of samples in a window, so that an increase is visible even if one sample is late. */
const SAMPLES_IN_A_WINDOW = 4;

/** A count of a metric in a window. */
export interface Counted {
  /** Name in OpenTelemetry, as in `seriesName`. */
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

  /** Returns an expression for the count in a window. */
  counted({ metric, matchers = [], by, windowMs, agoMs = 0 }: Counted): string {
    const window = this.window(windowMs);
    const ago = this.scaled(agoMs);
    return counted({
      series: `${seriesName(metric, this.naming)}${selector(matchers)}`,
      process: PROCESS_SERIES[this.naming],
      by: ['job', ...by],
      window: duration(window),
      ...(ago > 0 && { offset: duration(ago) }),
      before: duration(Math.max(window, this.scaled(HOUR))),
      beforeOffset: duration(window + ago),
      newSeries: 'greatest_value',
    });
  }
}
