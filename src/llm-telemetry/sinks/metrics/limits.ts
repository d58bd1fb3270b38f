/**
 * What bounds the memory of metrics, here and in every backend behind them: a series is for ever, and the names of
 * models come from outside.
 */

/** Different values that an attribute can have. What comes after is counted under `other`. */
export const MAX_VALUES = 200;

/** Characters of a value. What is longer, or holds control characters, is no name of anything: `other`. */
export const MAX_VALUE_LENGTH = 256;

/**
 * Sets of attributes of one metric, token types, retries and error types included. What comes after is counted under sets
 * in which names are `other`.
 */
export const MAX_SETS = 500;

/** How many of them are kept free for those: as many as there are error types of first attempts and of retries. */
export const RESERVED_SETS = 60;

/** Records that wait to be counted: the more there are, the more is copied by minor collections. */
export const MAX_WAITING_RECORDS = 16;

/** How long the first of them waits, at most. */
export const LONGEST_WAIT_MS = 100;

/** Stands for what came after a limit was reached. */
export const OTHER = 'other';
