import { useEffect, useState } from 'preact/hooks';
import type { CallDetail, CallPage } from '../../api/index.js';
import { ask } from '../api/ask.js';
import { callParameters, question } from '../api/questions.js';
import { callIdOrNull, compareCallIds, type CallId } from '../state/call-id.js';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import { isFiltered, type PageState } from '../state/page-state.js';

/** Ids of the calls after and before one; `null`: there is none. */
export interface Neighbours {
  readonly newer: CallId | null;
  readonly older: CallId | null;
}

/** Where the page has filters, only calls that match them count: one goes through the list that one comes from. */
export function useNeighbours(call: CallDetail | null): Neighbours {
  const { state } = useNavigation();
  const { range } = useClock();
  const [found, setFound] = useState<(Neighbours & { readonly of: CallDetail }) | null>(null);
  const filtered = isFiltered(state);
  useEffect(() => {
    if (!call || !filtered) return;
    let wanted = true;
    const { endedAt } = call;
    Promise.all([
      next(call, state, { from: endedAt, to: Math.max(range.to, endedAt) + SLACK_MS }, 'asc'),
      next(call, state, { from: Math.min(range.from, endedAt), to: endedAt + 1 }, 'desc'),
    ]).then(
      ([newer, older]) => wanted && setFound({ newer, older, of: call }),
      // Without an answer there is nowhere to go.
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [call, filtered]);

  if (!call) return NONE;
  if (!filtered) return { newer: callIdOrNull(call.newer), older: callIdOrNull(call.older) };
  return found?.of === call ? found : NONE;
}

const NONE: Neighbours = { newer: null, older: null };
/** The clocks of browser and service differ. */
const SLACK_MS = 60_000;
/** So many may have ended in the same millisecond. */
const SEVERAL = 20;

async function next(
  { id, endedAt }: CallDetail,
  state: PageState,
  range: { from: number; to: number },
  order: 'asc' | 'desc',
): Promise<CallId | null> {
  const parameters = { ...callParameters(range, state), sort: 'endedAt', order, limit: SEVERAL };
  const { calls } = await ask<CallPage>(question('calls', parameters));
  const side = order === 'asc' ? 1 : -1;
  const found = calls.find((other) => other.endedAt !== endedAt || compareCallIds(other.id, id) * side > 0);
  return callIdOrNull(found?.id ?? null);
}
