/**
 * Cardinality limits of metrics. They bound the memory of this process and of every backend: series are never removed, and
 * model names come from outside.
 */

/** Maximum number of values of an attribute. Further values are counted as `other`. */
export const MAX_VALUES = 200;

/** Maximum length of a value. Longer values and those with control characters are counted as `other`. */
export const MAX_VALUE_LENGTH = 256;

/** Maximum number of attribute sets of a metric. Further values are counted in sets in which names are `other`. */
export const MAX_SETS = 500;

/** Number of sets reserved for `other`: one for each error type of first attempts and of retries. */
export const RESERVED_SETS = 60;

/** Maximum number of queued records. More would be copied by minor garbage collections. */
export const MAX_QUEUED_RECORDS = 16;

/** Maximum time a record is queued. */
export const MAX_QUEUED_MS = 100;

/** Value that replaces others after a limit is reached. */
export const OTHER = 'other';
