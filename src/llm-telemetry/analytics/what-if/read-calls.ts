import type { CallRecord } from '../../calls/record.js';
import type { CallStore } from '../../store/call-store.js';
import type { CallFilter } from '../../store/calls.js';
import type { TimeRange } from '../../store/measures.js';

/** How many calls are read whole: about a second of the store's thread. */
const MAX_CALLS = 2000;
/** How many are looked through for them: those that were refused cost nothing, and are left out. */
const MAX_PAGES = 5;
const PAGE = 1000;
const AT_ONCE = 100;

/** The latest calls of a range for which something was billed. */
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
    // One that is not kept any more is left out.
    for (const call of await Promise.all(some.map((id) => store.call(id))))
      if (call) records.push(call.record);
  }
  return records;
}
