import { useEffect, useRef, useState } from 'preact/hooks';
import type { CallDetail, CallPage, Summary } from '../../api/index.js';
import { fetchApi } from '../api/fetch-api.js';
import { callParameters, apiPath } from '../api/api-path.js';
import { compareCallIds, type CallId } from '../state/call-id.js';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import { isFiltered, narrowsCallsOnly, type PageState } from '../state/page-state.js';
import { MINUTE } from '../../../units/time.js';
import { useMeasures } from '../api/use-measures.js';
import { placeInList } from '../calls/use-calls.js';
import { wholeCount } from '../formats/formats.js';

/** Ids of the next newer and older call; `null` if there is none. */
export interface Neighbors {
  readonly newer: CallId | null;
  readonly older: CallId | null;
  /** True while these are the neighbors of the previous call, because those of the requested one are loading. */
  readonly stale: boolean;
}

/**
 * Returns the neighbors of a call; `null`: the call is loading. With filters, only matching calls count, as in the list
 * it was opened from.
 */
export function useNeighbors(call: CallDetail | null): Neighbors {
  const { state } = useNavigation();
  const { range } = useClock();
  const [found, setFound] = useState<(Known & { readonly of: CallDetail }) | null>(null);
  const known = useRef<Known>(NONE);
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
      // Without a response there are no neighbors to show.
      () => wanted && setFound({ ...NONE, of: call }),
    );
    return () => {
      wanted = false;
    };
  }, [call, filtered]);

  let current: Known | null = null;
  if (call && !filtered) current = { newer: call.newer, older: call.older };
  else if (call && found?.of === call) current = found;
  known.current = current ?? known.current;
  const { newer, older } = known.current;
  return { newer, older, stale: current === null };
}

type Known = Omit<Neighbors, 'stale'>;

const NONE: Known = { newer: null, older: null };
/** Tolerates clock differences between browser and service. */
const SLACK_MS = MINUTE;
/** Page size: several calls may have ended in the same millisecond. */
const SEVERAL = 20;

async function next(
  { id, endedAt }: CallDetail,
  state: PageState,
  range: { from: number; to: number },
  order: 'asc' | 'desc',
): Promise<CallId | null> {
  const parameters = { ...callParameters(range, state), sort: 'endedAt', order, limit: SEVERAL };
  const { calls } = await fetchApi<CallPage>(apiPath('calls', parameters));
  const side = order === 'asc' ? 1 : -1;
  const found = calls.find((other) => other.endedAt !== endedAt || compareCallIds(other.id, id) * side > 0);
  return found?.id ?? null;
}

/** Returns the position of a call in the list it was opened from (`3 of 3,511`), or `null`. */
export function usePlace(id: CallId): string | null {
  const { state } = useNavigation();
  const found = placeInList(id, state);
  // The summary counts all calls of an incomplete list, unless filters apply that measures do not support.
  const counted = found !== null && found.list.rest !== null && !narrowsCallsOnly(state);
  const { data } = useMeasures<Summary>('summary', {}, { wanted: counted });
  if (!found) return null;
  const { rows, rest } = found.list;
  const total = rest === null ? rows.length : counted ? (data?.calls ?? 0) : 0;
  return `${wholeCount(found.place)} of ${total < rows.length ? `more than ${wholeCount(rows.length)}` : wholeCount(total)}`;
}
