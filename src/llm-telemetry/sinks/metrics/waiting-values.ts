import { setImmediate } from 'node:timers';
import type { Attributes, Context, Histogram } from '@opentelemetry/api';
import { reportFault } from '../../wire/guard.js';
import { MAX_WAITING_VALUES } from './limits.js';

/**
 * Values on their way into histograms. The SDK takes about 1 µs for each, since it makes a key of its attributes: four
 * times that is a tenth of what a call may cost. It is spent when the event loop comes round, after the call has its
 * answer, for all the calls of the turn together; or before the SDK reads, so that nothing is missing from what it
 * exports; or on `flush`. Each is recorded in the context of its call all the same: from there an SDK takes the trace of
 * an exemplar, and a view of the host's its attributes.
 */
export class WaitingValues {
  /** That of the call whose values are being added. */
  context: Context | undefined;
  private histograms: Histogram[] = [];
  private values: number[] = [];
  private attributes: Attributes[] = [];
  private contexts: Array<Context | undefined> = [];
  private scheduled = false;

  /** What is no quantity is left out. */
  add(histogram: Histogram, value: number, attributes: Attributes): void {
    if (!(value >= 0 && value < Infinity)) return;
    this.histograms.push(histogram);
    this.attributes.push(attributes);
    this.contexts.push(this.context);
    if (this.values.push(value) >= MAX_WAITING_VALUES) this.flush();
    else if (!this.scheduled) this.schedule();
  }

  /** Records all that waits. Never throws. */
  flush(): void {
    const { histograms, values, attributes, contexts } = this;
    if (values.length === 0) return;
    this.histograms = [];
    this.values = [];
    this.attributes = [];
    this.contexts = [];
    for (let index = 0; index < values.length; index++) {
      try {
        histograms[index]!.record(values[index]!, attributes[index], contexts[index]);
      } catch (error) {
        reportFault('recording a metric', error);
      }
    }
  }

  private schedule(): void {
    this.scheduled = true;
    setImmediate(this.turn);
  }

  private readonly turn = (): void => {
    this.scheduled = false;
    this.flush();
  };
}
