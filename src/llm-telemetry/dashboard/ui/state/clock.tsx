import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useMemo, useReducer } from 'preact/hooks';
import { useLive } from '../api/live.js';
import { pendingAnswers, useAnswer } from '../api/use-answer.js';
import { firstCallOf } from './first-call.js';
import { useNavigation } from './navigation.js';
import { rangeOf, setFirstCall } from './time-range.js';
import type { Status, TimeRange } from '../../api/index.js';

export interface Clock {
  /** When figures were last asked for, Unix milliseconds. */
  readonly now: number;
  /** Changes whenever everything is asked for again, whatever the range. */
  readonly round: number;
  /** What the page looks at: the range that was chosen, or the part of it that is zoomed into. */
  readonly range: TimeRange;
  /** Whether the range is known: one that fits the data waits for when the data starts. */
  readonly ready: boolean;
  /** Asks for everything again. */
  readonly refresh: () => void;
}

const ClockContext = createContext<Clock | null>(null);

export function useClock(): Clock {
  return useContext(ClockContext)!;
}

/** Without any calls, the range still moves. */
const IDLE_MS = 15_000;

/**
 * What is now: it moves when calls have ended, so that every figure on the page is of the same moment. Long ranges move
 * less often, since one call changes little in them; and nothing moves while answers are still on their way.
 */
export function ClockProvider({ children }: { children: ComponentChildren }) {
  const { state } = useNavigation();
  const live = useLive();
  const [{ now, round }, refresh] = useReducer(next, null, () => next({ round: 0 }));
  const choice = state.zoom ?? state.range;
  const status = useAnswer<Status>('status', round);
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
      if (waited < (news ? pause : IDLE_MS) || pendingAnswers() > 0 || document.hidden) return;
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
