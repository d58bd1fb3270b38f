import type { CallRecord } from '../../calls/record.js';
import type { CallStore } from '../../store/call-store.js';
import type { CallFilter } from '../../store/calls.js';
import type { TimeRange } from '../../store/measures.js';

/** Maximum number of calls read in full: about a second of the store thread. */
const MAX_CALLS = 2000;
/** Maximum number of pages searched for billed calls. */
const MAX_PAGES = 5;
const PAGE = 1000;
const AT_ONCE = 100;

/** Returns the latest billed calls of a range. */
export async function readBilledCalls(
  store: CallStore,
  range: TimeRange,
  where: CallFilter,
): Promise<readonly CallRecord[]> {
  const ids: number[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES && ids.length < MAX_CALLS; page++) {
    const { calls, next } = await store.calls({ range, where, limit: PAGE, cursor });
    for (const { id, usageSource } of calls) if (usageSource !== null) ids.push(id);
    if (next === null) break;
    cursor = next;
  }
  const records: CallRecord[] = [];
  for (let at = 0; at < Math.min(ids.length, MAX_CALLS); at += AT_ONCE) {
    const some = ids.slice(at, Math.min(at + AT_ONCE, MAX_CALLS));
    // A call can have been deleted since.
    for (const call of await Promise.all(some.map((id) => store.call(id))))
      if (call) records.push(call.record);
  }
  return records;
}
