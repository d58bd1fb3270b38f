import type { ErrorCount } from '../../store/measures.js';
import type { Figures } from './figures.js';

/** How calls and requests failed, over time. @publicApi */
export interface Errors extends Figures {
  readonly bucketMs: number;
  /** The start of each bucket, the oldest first, without gaps. */
  readonly at: readonly number[];
  /** The most frequent first. `aborted` is among them, and is not a failure. */
  readonly types: readonly ErrorSeries[];
}

/** @publicApi */
export interface ErrorSeries extends ErrorCount {
  /** Calls that ended so, for each bucket. */
  readonly values: readonly number[];
}
