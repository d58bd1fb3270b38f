import type { CallPage, CallRow, TimeRange } from '../../api/index.js';
import { compareCallIds, type CallId } from '../state/call-id.js';

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

/** Returns the duration of a full bar, in milliseconds. Rounded, so that it rarely changes while calls arrive. */
export function scaleOf(calls: ReadonlyArray<Pick<CallRow, 'durationMs'>>): number {
  const most = Math.max(1, ...calls.map(({ durationMs }) => durationMs));
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 1.5, 2, 3, 5, 7.5, 10].find((step) => step * power >= most) ?? 10) * power;
}

/** Segment of a bar, in shares of its length. `whole`: a response without streaming. */
export interface Piece {
  readonly kind: 'waiting' | 'streaming' | 'whole';
  readonly from: number;
  readonly to: number;
}

export function barOf(
  { durationMs, timeToFirstTokenMs, failed, outputTokens }: CallRow,
  scale: number,
): readonly Piece[] {
  const end = Math.min(1, durationMs / scale);
  if (timeToFirstTokenMs === null) {
    const answered = !failed && outputTokens !== null;
    return [{ kind: answered ? 'whole' : 'waiting', from: 0, to: end }];
  }
  const first = Math.min(end, timeToFirstTokenMs / scale);
  return [
    { kind: 'waiting', from: 0, to: first },
    { kind: 'streaming', from: first, to: end },
  ];
}

/** Column for the tenant or user of calls. */
export interface IdentityColumn {
  readonly name: 'Tenant' | 'User';
  readonly of: (call: CallRow) => string | null;
}

const COLUMNS: readonly IdentityColumn[] = [
  { name: 'Tenant', of: ({ tenant }) => tenant || null },
  { name: 'User', of: ({ user }) => user || null },
];

/** Returns the columns for which at least one call has a value. */
export function identitiesIn(calls: readonly CallRow[]): readonly IdentityColumn[] {
  return COLUMNS.filter(({ of }) => calls.some((call) => of(call) !== null));
}

/** Call that was viewed last: a list restores the focus to it. */
let id: CallId | null = null;

export function rememberCall(looked: CallId): void {
  id = looked;
}

/** Returns the call that was viewed last and resets it; `null` if there is none. */
export function takeLastViewedCall(): CallId | null {
  const looked = id;
  id = null;
  return looked;
}
