import type { CallPage, CallRow, TimeRange } from '../../api/index.js';
import { compareCallIds } from '../state/call-id.js';

/** Calls in the order in which they were asked for, and how to ask for those after them. */
export interface CallList {
  readonly rows: readonly CallRow[];
  /** `null`: there are no more. `cursor` is `null` where a new list begins there. */
  readonly rest: { readonly range: TimeRange; readonly cursor: string | null } | null;
  /** How far back was looked. */
  readonly searchedTo: number;
}

export function listOf(page: CallPage, range: TimeRange): CallList {
  return {
    rows: page.calls,
    rest: page.next === null ? null : { range, cursor: page.next },
    searchedTo: page.searchedTo,
  };
}

/** The list with a further page. A list that was cut off may get calls of the same moment once more. */
export function appended(list: CallList, page: CallPage, range: TimeRange): CallList {
  return {
    ...listOf(page, range),
    rows: [...list.rows, ...unknownIn(list.rows, page.calls)],
  };
}

/** Those of `found` that are not among `rows`. */
function unknownIn(rows: readonly CallRow[], found: readonly CallRow[]): readonly CallRow[] {
  const known = new Set(rows.map(({ id }) => id));
  return found.filter(({ id }) => !known.has(id));
}

/** Those of `found` that belong among the rows and are not there yet; what comes after them is another page's. */
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
 * The list, newest first, with calls that have ended since; of at most so many, since it would grow without end. A call
 * of long ago can end late.
 */
export function withNew(list: CallList, fresh: readonly CallRow[], most: number): CallList {
  const rows = [...unknownIn(list.rows, fresh), ...list.rows].sort(
    (a, b) => b.endedAt - a.endedAt || compareCallIds(b.id, a.id),
  );
  if (rows.length <= most) return { ...list, rows };
  const kept = rows.slice(0, most);
  const to = kept.at(-1)!.endedAt + 1;
  // Pages are of a query as it was: from here on another begins.
  return {
    ...list,
    rows: kept,
    rest: { range: { from: Math.min(list.rest?.range.from ?? list.searchedTo, to - 1), to }, cursor: null },
  };
}
