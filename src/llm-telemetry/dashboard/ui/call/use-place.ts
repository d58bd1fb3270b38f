import type { Summary } from '../../api/index.js';
import { useFigures } from '../api/use-figures.js';
import { placeInList } from '../calls/use-calls.js';
import { wholeCount } from '../formats/formats.js';
import type { CallId } from '../state/call-id.js';
import { useNavigation } from '../state/navigation.js';
import { narrowsCallsOnly } from '../state/page-state.js';

/** `3 of 3,511`: where a call stands in the list that one comes from; `null`: in none. */
export function usePlace(id: CallId): string | null {
  const { state } = useNavigation();
  const found = placeInList(id, state);
  // A list that goes on is as long as there are calls, unless filters that no figure knows leave some out.
  const counted = found !== null && found.list.rest !== null && !narrowsCallsOnly(state);
  const { data } = useFigures<Summary>('summary', {}, { wanted: counted });
  if (!found) return null;
  const { rows, rest } = found.list;
  const total = rest === null ? rows.length : counted ? (data?.calls ?? 0) : 0;
  return `${wholeCount(found.place)} of ${total < rows.length ? `more than ${wholeCount(rows.length)}` : wholeCount(total)}`;
}
