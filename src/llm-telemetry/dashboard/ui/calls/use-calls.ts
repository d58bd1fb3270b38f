import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { CallPage, CallRow, TimeRange } from '../../api/index.js';
import { ask, AskError } from '../api/ask.js';
import { useLive } from '../api/live.js';
import { callParameters, question, subjectOf } from '../api/questions.js';
import { callId, type CallId } from '../state/call-id.js';
import { useNavigation } from '../state/navigation.js';
import type { PageState } from '../state/page-state.js';
import { rangeOf } from '../state/time-range.js';
import { appended, listOf, newIn, withNew, type CallList } from './call-list.js';

export interface Calls {
  /** `null`: not known yet. */
  readonly list: CallList | null;
  readonly error: AskError | null;
  /** True while the list is asked for, or its next page. */
  readonly loading: boolean;
  /** Whether calls come in by themselves. */
  readonly live: boolean;
  /** Those that came in last. */
  readonly fresh: ReadonlySet<CallId>;
  /** How many have come in that are held back. */
  readonly held: number;
  readonly showHeld: () => void;
  readonly loadMore: () => void;
  readonly retry: () => void;
}

/** A page with few calls may have been short because few match: so often is the next one looked at by itself. */
const ROUNDS = 4;
/** The clocks of browser and service differ; no call ends in the future. */
const CLOCK_SLACK_MS = 60_000;
/** A call that ends late is as of before. */
const LOOK_BACK_MS = 120_000;
const NEW_CALLS = 100;
/** What a page holds while calls come in. */
const MOST = 500;

/** The list that was last looked at: one that has looked at a call comes back to it as it was. */
let last: { readonly key: string; readonly count: number; readonly list: CallList } | null = null;

/** Where a call stands in the list that was last looked at, from 1, if that list is of the same range and filters. */
export function placeInList(
  id: CallId,
  state: PageState,
): { readonly place: number; readonly list: CallList } | null {
  if (!last || last.key !== keyOf(state, last.count)) return null;
  const index = last.list.rows.findIndex((row) => callId(row.id) === id);
  return index < 0 ? null : { place: index + 1, list: last.list };
}

/** The calls of the page's range and filters: `count` at a time, or `only` so many. `paused`: what comes in is held back. */
export function useCalls({
  count,
  only = false,
  paused,
}: {
  count: number;
  only?: boolean;
  paused: boolean;
}): Calls {
  const { state } = useNavigation();
  const { status, onCalls } = useLive();
  const key = keyOf(state, count);
  const [shown, setShown] = useState(last?.key === key ? last : null);
  const [error, setError] = useState<AskError | null>(null);
  const [loading, setLoading] = useState(false);
  const [fresh, setFresh] = useState<ReadonlySet<CallId>>(NONE);
  const [held, setHeld] = useState<readonly CallRow[]>([]);
  const [attempt, setAttempt] = useState(0);
  const latest = useRef({ shown, held, paused });
  latest.current = { shown, held, paused };
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
    const range = askedRange(state);
    setLoading(true);
    load(state, { range, cursor: null }, count, null)
      .then(
        (list) => wanted && show(list),
        (error: AskError) => wanted && setError(error),
      )
      .finally(() => wanted && setLoading(false));
    return () => {
      wanted = false;
    };
  }, [key, attempt]);

  const takeIn = useCallback(
    (calls: readonly CallRow[]): void => {
      const { shown } = latest.current;
      if (shown?.key !== key || calls.length === 0) return;
      show(withNew(shown.list, calls, most));
      setFresh(new Set(calls.map(({ id }) => callId(id))));
      setHeld([]);
    },
    [key, most],
  );

  const loaded = list !== null;
  useEffect(() => {
    if (!live || !loaded) return;
    let wanted = true;
    let asking = false;
    let again = false;
    const look = async (): Promise<void> => {
      again = asking;
      if (asking) return;
      asking = true;
      const newest = latest.current.shown?.list.rows[0]?.endedAt ?? Date.now();
      const range = { from: newest - LOOK_BACK_MS, to: Date.now() + CLOCK_SLACK_MS };
      const page = await ask<CallPage>(askFor(state, range, NEW_CALLS, null)).catch(() => null);
      asking = false;
      const { shown, held, paused } = latest.current;
      // Where it was not answered, the page's other questions tell.
      if (!wanted || !page || shown?.key !== key) return;
      const found = newIn(shown.list, held, page.calls);
      if (paused) setHeld([...found, ...held]);
      // So many that some are missing between them and those before.
      else if (found.length === NEW_CALLS && page.next !== null) setAttempt((count) => count + 1);
      else takeIn(found);
      if (again) void look();
    };
    void look();
    const stop = onCalls(() => void look());
    return () => {
      wanted = false;
      stop();
    };
  }, [live, loaded, key, status, takeIn]);

  const showHeld = useCallback(() => takeIn(latest.current.held), [takeIn]);
  useEffect(() => {
    if (!paused) showHeld();
  }, [paused]);

  const loadMore = (): void => {
    if (!list?.rest || loading) return;
    setLoading(true);
    setError(null);
    load(state, list.rest, count, list)
      .then((list) => latest.current.shown?.key === key && show(list), setError)
      .finally(() => setLoading(false));
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

/** What makes it another list. */
function keyOf(state: PageState, count: number): string {
  const range = state.zoom ?? state.range;
  return `${JSON.stringify(range)} ${subjectOf(askFor(state, { from: 0, to: 1 }, count, null))}`;
}

/** Whether new calls belong at its start. */
function movesWithTime({ zoom, range, sort, order }: PageState): boolean {
  return zoom === null && typeof range === 'string' && sort === 'endedAt' && order === 'desc';
}

function askedRange({ zoom, range }: PageState): TimeRange {
  const choice = zoom ?? range;
  const { from, to } = rangeOf(choice, Date.now());
  return typeof choice === 'string' ? { from, to: to + CLOCK_SLACK_MS } : { from, to };
}

function askFor(state: PageState, range: TimeRange, limit: number, cursor: string | null): string {
  const { sort } = state;
  return question('calls', {
    ...callParameters(range, state),
    sort,
    // Only time sorts both ways.
    order: sort === 'endedAt' ? state.order : undefined,
    limit,
    cursor: cursor ?? undefined,
  });
}

/** The next page, with those after it where it is short. */
async function load(
  state: PageState,
  { range, cursor }: NonNullable<CallList['rest']>,
  count: number,
  before: CallList | null,
): Promise<CallList> {
  let list = before;
  let next = cursor;
  for (let round = 0; round < ROUNDS; round++) {
    const page = await ask<CallPage>(askFor(state, range, count, next));
    list = list ? appended(list, page, range) : listOf(page, range);
    next = page.next;
    if (next === null || list.rows.length - (before?.rows.length ?? 0) >= count) break;
  }
  return list!;
}
