import type { Attributes, Context, Histogram } from '@opentelemetry/api';
import { reportFault } from '../../wire/guard.js';

/**
 * Records histogram values in the context of their call, which SDKs use for exemplars and views for attributes.
 */
export class Values {
  /** Context of the call whose values are being recorded. */
  context: Context | undefined;

  /** Records a value. Negative, infinite and `NaN` values are ignored. Never throws. */
  record(histogram: Histogram, value: number, attributes: Attributes): void {
    if (!(value >= 0 && value < Infinity)) return;
    try {
      histogram.record(value, attributes, this.context);
    } catch (error) {
      reportFault('recording a metric', error);
    }
  }
}
