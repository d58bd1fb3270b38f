import type { ErrorCount } from '../../store/measures.js';
import type { Figures } from './figures.js';

/** Errors of calls and requests over time. @publicApi */
export interface Errors extends Figures {
  readonly bucketMs: number;
  /** Start of each bucket in ascending order, without gaps. */
  readonly at: readonly number[];
  /** Error types by descending frequency. Includes `aborted`, which is not a failure. */
  readonly types: readonly ErrorSeries[];
}

/** Counts of one error type. @publicApi */
export interface ErrorSeries extends ErrorCount {
  /** Calls with this error per bucket. */
  readonly values: readonly number[];
}
