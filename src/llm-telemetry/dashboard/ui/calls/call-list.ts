import type { CallPage, CallRow, TimeRange } from '../../api/index.js';
import { compareCallIds } from '../state/call-id.js';

/** Loaded calls, in the requested order, and where to continue. */
export interface CallList {
  readonly rows: readonly CallRow[];
  /** Continuation; `null` if there are no more calls. A `null` cursor starts a new query. */
  readonly rest: { readonly range: TimeRange; readonly cursor: string | null } | null;
  /** Start of the searched range, Unix milliseconds. */
  readonly searchedTo: number;
}

export function listOf(page: CallPage, range: TimeRange): CallList {
  return {
    rows: page.calls,
    rest: page.next === null ? null : { range, cursor: page.next },
    searchedTo: page.searchedTo,
  };
}

/** Appends a page. Duplicates are removed: a truncated list may receive calls of the same millisecond again. */
export function appended(list: CallList, page: CallPage, range: TimeRange): CallList {
  return {
    ...listOf(page, range),
    rows: [...list.rows, ...unknownIn(list.rows, page.calls)],
  };
}

/** Returns the calls of `found` that are not in `rows`. */
function unknownIn(rows: readonly CallRow[], found: readonly CallRow[]): readonly CallRow[] {
  const known = new Set(rows.map(({ id }) => id));
  return found.filter(({ id }) => !known.has(id));
}

/** Returns the calls of `found` that are new and within the loaded part of the list. */
export function newIn(
  { rows, rest }: CallList,
  held: readonly CallRow[],
  found: readonly CallRow[],
): readonly CallRow[] {
  const oldest = rows.at(-1);
  const within = oldest && rest ? found.filter(({ endedAt }) => endedAt >= oldest.endedAt) : found;
  return unknownIn([...held, ...rows], within);
}

/**
 * Merges new calls into a list, newest first, and truncates it to `most` rows. New calls may be older than loaded ones,
 * because a call can be recorded late.
 */
export function withNew(list: CallList, fresh: readonly CallRow[], most: number): CallList {
  const rows = [...unknownIn(list.rows, fresh), ...list.rows].sort(
    (a, b) => b.endedAt - a.endedAt || compareCallIds(b.id, a.id),
  );
  if (rows.length <= most) return { ...list, rows };
  const kept = rows.slice(0, most);
  const to = kept.at(-1)!.endedAt + 1;
  // The cursor belongs to the untruncated query, so the rest needs a new one.
  return {
    ...list,
    rows: kept,
    rest: { range: { from: Math.min(list.rest?.range.from ?? list.searchedTo, to - 1), to }, cursor: null },
  };
}
