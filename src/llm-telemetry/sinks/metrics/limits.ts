/**
 * What bounds the memory of metrics, here and in every backend behind them: a series is for ever, and the names of
 * models come from outside.
 */

/** Different values that an attribute can have. What comes after is counted under `other`. */
export const MAX_VALUES = 200;

/** Characters of a value. What is longer, or holds control characters, is no name of anything: `other`. */
export const MAX_VALUE_LENGTH = 256;

/** Different sets of attributes. What comes after is counted under the set in which each value is `other`. */
export const MAX_SETS = 500;

/**
 * Series of one counter: its sets of attributes, times error types and the like. What comes after is counted under
 * `otel.metric.overflow`, as the SDK does from its 2,000th on; its own way loses sums of observable counters.
 */
export const MAX_SERIES = 1500;

/** Records that wait to be counted: the more there are, the more is copied by minor collections. */
export const MAX_WAITING_RECORDS = 16;

/** How long the first of them waits, at most. */
export const LONGEST_WAIT_MS = 100;

/** Stands for what came after a limit was reached. */
export const OTHER = 'other';
