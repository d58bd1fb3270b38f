import type { Attributes, Context, Histogram } from '@opentelemetry/api';
import { reportFault } from '../../wire/guard.js';

/**
 * Records values in histograms, in the context of the call that they are of: from there an SDK takes the trace of an
 * exemplar, and a view of the host's its attributes.
 */
export class Values {
  /** That of the call whose values are being recorded. */
  context: Context | undefined;

  /** What is no quantity is left out. Never throws. */
  record(histogram: Histogram, value: number, attributes: Attributes): void {
    if (!(value >= 0 && value < Infinity)) return;
    try {
      histogram.record(value, attributes, this.context);
    } catch (error) {
      reportFault('recording a metric', error);
    }
  }
}
