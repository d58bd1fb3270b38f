import type { CallRecord } from '../../../calls/record.js';
import { hasFailed } from '../../../calls/outcome.js';

/** Bit set of the properties that calls are filtered by. */
export const FLAG = { failed: 1, truncated: 2, retried: 4, notRetried: 8 } as const;

export function flagsOf(record: CallRecord): number {
  const retried = record.attempts.some(({ isRetry }) => isRetry);
  return (
    (hasFailed(record) ? FLAG.failed : 0) |
    (record.truncated ? FLAG.truncated : 0) |
    (retried ? FLAG.retried : FLAG.notRetried)
  );
}
