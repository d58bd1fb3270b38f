import type { Summary } from '../../api/index.js';
import { useMeasures } from '../api/use-measures.js';
import { placeInList } from '../calls/use-calls.js';
import { wholeCount } from '../formats/formats.js';
import type { CallId } from '../state/call-id.js';
import { useNavigation } from '../state/navigation.js';
import { narrowsCallsOnly } from '../state/page-state.js';

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
