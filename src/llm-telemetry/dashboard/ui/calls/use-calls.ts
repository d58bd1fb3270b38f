import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { CallPage, CallRow, TimeRange } from '../../api/index.js';
import { fetchApi, ApiError } from '../api/fetch-api.js';
import { useLive } from '../api/live.js';
import { callParameters, apiPath, subjectOf } from '../api/api-path.js';
import type { CallId } from '../state/call-id.js';
import { useNavigation } from '../state/navigation.js';
import type { PageState } from '../state/page-state.js';
import { rangeOf } from '../state/time-range.js';
import { appended, listOf, newIn, withNew, type CallList } from './call-list.js';
import { MINUTE } from '../../../units/time.js';

export interface Calls {
  /** `null` until the first response. */
  readonly list: CallList | null;
  readonly error: ApiError | null;
  /** True while the list or its next page is loading. */
  readonly loading: boolean;
  /** True if new calls are added automatically. */
  readonly live: boolean;
  /** Ids of the calls that were added last. */
  readonly fresh: ReadonlySet<CallId>;
  /** Number of new calls that are held back. */
  readonly held: number;
  readonly showHeld: () => void;
  readonly loadMore: () => void;
  readonly retry: () => void;
}

/** Maximum of pages that are loaded automatically if a page is short because few calls match. */
const ROUNDS = 4;
/** Tolerates clock differences between browser and service. */
const CLOCK_SLACK_MS = MINUTE;
/** Calls can be recorded late, up to this long after their end. */
const LOOK_BACK_MS = 120_000;
const NEW_CALLS = 100;
/** Maximum of rows on a live page. */
const MOST = 500;
/** Interval at which all calls of `LOOK_BACK_MS` are read, instead of the newest: other instances deliver theirs later. */
const LOOK_FURTHER_MS = 10_000;

/** List that was shown last, restored when the user returns from a call. */
let last: { readonly key: string; readonly count: number; readonly list: CallList } | null = null;

/** Returns the position of a call, from 1, in the list that was shown last; `null` if its range or filters differ. */
export function placeInList(
  id: CallId,
  state: PageState,
): { readonly place: number; readonly list: CallList } | null {
  if (!last || last.key !== keyOf(state, last.count)) return null;
  const index = last.list.rows.findIndex((row) => row.id === id);
  return index < 0 ? null : { place: index + 1, list: last.list };
}

/**
 * Loads the matching calls. `count`: page size. `only`: keeps one page. New calls are held back while `paused` or
 * `isReading()`.
 */
export function useCalls({
  count,
  only = false,
  paused,
  isReading,
}: {
  count: number;
  only?: boolean;
  paused: boolean;
  isReading: () => boolean;
}): Calls {
  const { state } = useNavigation();
  const { status, onCalls } = useLive();
  const key = keyOf(state, count);
  const [shown, setShown] = useState(last?.key === key ? last : null);
  const [error, setError] = useState<ApiError | null>(null);
  const [loading, setLoading] = useState(false);
  const [fresh, setFresh] = useState<ReadonlySet<CallId>>(NONE);
  const [held, setHeld] = useState<readonly CallRow[]>([]);
  const [attempt, setAttempt] = useState(0);
  const latest = useRef({ key, shown, held, paused });
  latest.current = { key, shown, held, paused };
  const most = only ? count : MOST;
  const list = shown?.key === key ? shown.list : null;
  const live = status !== 'off' && movesWithTime(state);

  const show = useCallback(
    (list: CallList): void => {
      last = { key, count, list };
      setShown(last);
    },
    [key, count],
  );

  useEffect(() => {
    setHeld([]);
    setError(null);
    if (attempt === 0 && latest.current.shown?.key === key) return;
    let wanted = true;
    const range = requestedRange(state);
    setLoading(true);
    load(state, { range, cursor: null }, count, null)
      .then(
        (list) => wanted && show(list),
        (error: ApiError) => wanted && setError(error),
      )
      .finally(() => wanted && setLoading(false));
    return () => {
      wanted = false;
    };
  }, [key, attempt]);

  const insert = useCallback(
    (calls: readonly CallRow[]): void => {
      const { shown } = latest.current;
      if (shown?.key !== key || calls.length === 0) return;
      show(withNew(shown.list, calls, most));
      setFresh(new Set(calls.map(({ id }) => id)));
      setHeld([]);
    },
    [key, most],
  );

  const loaded = list !== null;
  useEffect(() => {
    if (!live || !loaded) return;
    let wanted = true;
    let polling = false;
    let again = false;
    let lookedFurther = -Infinity;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      again = polling;
      if (polling) return;
      polling = true;
      const rows = latest.current.shown?.list.rows ?? [];
      const newest = rows[0]?.endedAt ?? Date.now();
      const range = { from: newest - LOOK_BACK_MS, to: Date.now() + CLOCK_SLACK_MS };
      // A shorter list ends before the newest calls do.
      const isLong = rows.length >= NEW_CALLS;
      const further = isLong && performance.now() - lookedFurther >= LOOK_FURTHER_MS;
      const limit = further ? MOST : NEW_CALLS;
      const page = await fetchApi<CallPage>(callsPath(state, range, limit, null)).catch(() => null);
      polling = false;
      if (further) lookedFurther = performance.now();
      clearTimeout(timer);
      if (wanted && isLong && page?.next) timer = setTimeout(() => void look(), LOOK_FURTHER_MS);
      const { shown, held, paused } = latest.current;
      // Other requests of the page report the failure.
      if (!wanted || !page || shown?.key !== key) return;
      const found = newIn(shown.list, held, page.calls);
      if (paused || isReading()) setHeld([...found, ...held]);
      // A full page: calls may be missing between it and the list, so reload.
      else if (found.length >= NEW_CALLS && found.length === page.calls.length && page.next !== null)
        setAttempt((count) => count + 1);
      else insert([...found, ...held]);
      if (again) void look();
    };
    void look();
    const stop = onCalls(() => void look());
    return () => {
      wanted = false;
      clearTimeout(timer);
      stop();
    };
  }, [live, loaded, key, status, insert, isReading]);

  const showHeld = useCallback(() => insert(latest.current.held), [insert]);
  useEffect(() => {
    if (!paused) showHeld();
  }, [paused]);

  const loadMore = (): void => {
    if (!list?.rest || loading) return;
    setLoading(true);
    setError(null);
    // Without effect once another list is requested.
    const wanted = (): boolean => latest.current.key === key;
    load(state, list.rest, count, list)
      .then(
        (more) => {
          const now = latest.current.shown?.list ?? list;
          // Calls may have been added meanwhile.
          if (wanted()) show(now === list ? more : withNew(more, now.rows, Infinity));
        },
        (error: ApiError) => wanted() && setError(error),
      )
      .finally(() => wanted() && setLoading(false));
  };

  return useMemo(
    () => ({
      list,
      error,
      loading,
      live,
      fresh,
      held: held.length,
      showHeld,
      loadMore,
      retry: () => setAttempt((count) => count + 1),
    }),
    [list, error, loading, live, fresh, held, showHeld],
  );
}

const NONE: ReadonlySet<CallId> = new Set();

/** Returns the identity of a list: range, filters, order and page size. */
function keyOf(state: PageState, count: number): string {
  const range = state.zoom ?? state.range;
  return `${JSON.stringify(range)} ${subjectOf(callsPath(state, { from: 0, to: 1 }, count, null))}`;
}

/** Returns true if new calls belong at the start of the list. */
function movesWithTime({ zoom, range, sort, order }: PageState): boolean {
  return zoom === null && typeof range === 'string' && sort === 'endedAt' && order === 'desc';
}

function requestedRange({ zoom, range }: PageState): TimeRange {
  const choice = zoom ?? range;
  const { from, to } = rangeOf(choice, Date.now());
  return typeof choice === 'string' ? { from, to: to + CLOCK_SLACK_MS } : { from, to };
}

function callsPath(state: PageState, range: TimeRange, limit: number, cursor: string | null): string {
  const { sort } = state;
  return apiPath('calls', {
    ...callParameters(range, state),
    sort,
    // Only time sorts both ways.
    order: sort === 'endedAt' ? state.order : undefined,
    limit,
    cursor: cursor ?? undefined,
  });
}

/** Loads the next page, and further ones while it is short. */
async function load(
  state: PageState,
  { range, cursor }: NonNullable<CallList['rest']>,
  count: number,
  before: CallList | null,
): Promise<CallList> {
  let list = before;
  let next = cursor;
  for (let round = 0; round < ROUNDS; round++) {
    const page = await fetchApi<CallPage>(callsPath(state, range, count, next));
    list = list ? appended(list, page, range) : listOf(page, range);
    next = page.next;
    if (next === null || list.rows.length - (before?.rows.length ?? 0) >= count) break;
  }
  return list!;
}
