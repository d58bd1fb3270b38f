import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useMemo, useReducer } from 'preact/hooks';
import { useLive } from '../api/live.js';
import { pendingRequests, useApi } from '../api/use-api.js';
import { useNavigation } from './navigation.js';
import { rangeOf, setFirstCall } from './time-range.js';
import type { Status, TimeRange } from '../../api/index.js';

export interface Clock {
  /** Time of the latest requests, Unix milliseconds. */
  readonly now: number;
  /** Incremented whenever everything is requested again. */
  readonly round: number;
  /** Displayed range: the zoom, else the selected range. */
  readonly range: TimeRange;
  /** True if the range is known. The range `fit` requires the time of the first call. */
  readonly ready: boolean;
  /** Requests everything again. */
  readonly refresh: () => void;
}

const ClockContext = createContext<Clock | null>(null);

export function useClock(): Clock {
  return useContext(ClockContext)!;
}

/** Refresh interval without new calls, in milliseconds. */
const IDLE_MS = 15_000;

/**
 * Provides the clock of the page: it advances when calls end, so that all requests use the same range. Long ranges
 * advance less often, and none advances while requests are pending.
 */
export function ClockProvider({ children }: { children: ComponentChildren }) {
  const { state } = useNavigation();
  const live = useLive();
  const [{ now, round }, refresh] = useReducer(next, null, () => next({ round: 0 }));
  const choice = state.zoom ?? state.range;
  const status = useApi<Status>('status', round);
  const first = status.data ? firstCallOf(status.data) : null;
  setFirstCall(first);
  const ready = choice !== 'fit' || status.data !== null || status.error !== null;
  const moves = typeof choice === 'string' && live.status !== 'off';
  const length = rangeOf(choice, 0).to - rangeOf(choice, 0).from;

  useEffect(() => refresh(undefined), [choice]);

  useEffect(() => {
    if (!moves) return;
    const pause = Math.min(30_000, Math.max(1000, length / 30_000));
    let movedAt = Date.now();
    let news = false;
    const timer = setInterval(() => {
      const waited = Date.now() - movedAt;
      if (waited < (news ? pause : IDLE_MS) || pendingRequests() > 0 || document.hidden) return;
      movedAt = Date.now();
      news = false;
      refresh(undefined);
    }, 500);
    const stop = live.onCalls(() => {
      news = true;
    });
    return () => {
      clearInterval(timer);
      stop();
    };
  }, [moves, length, live.onCalls]);

  const clock = useMemo<Clock>(
    () => ({ now, round, range: rangeOf(choice, now), ready, refresh: () => refresh(undefined) }),
    [now, round, choice, first, ready],
  );
  return <ClockContext.Provider value={clock}>{children}</ClockContext.Provider>;
}

function next({ round }: { round: number }): { now: number; round: number } {
  return { now: Date.now(), round: round + 1 };
}

/**
 * Returns the end of the first call in the store, Unix milliseconds; `null` without calls or a store. Older services do
 * not report it, so the oldest stored call is used instead.
 */
export function firstCallOf(status: Status): number | null {
  const { firstCallAt } = status as { readonly firstCallAt?: number | string | null };
  if (firstCallAt === undefined) return status.store?.oldest ?? null;
  const at = typeof firstCallAt === 'string' ? Date.parse(firstCallAt) : firstCallAt;
  return at !== null && Number.isFinite(at) ? at : null;
}
