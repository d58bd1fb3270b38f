import { moment } from '../formats/formats.js';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import { firstCall, lengthWords, presetOf } from '../state/time-range.js';

/** Explains why the range of a new store is shorter than a day. */
export function RangeHint() {
  const { state } = useNavigation();
  const { now, range } = useClock();
  const first = firstCall();
  if (state.range !== 'fit' || state.zoom || first === null || presetOf('fit', now) === '24h') return null;
  return (
    <p class="span-12 muted hint">
      Showing the last {lengthWords(range).replace(/^1 /, '')}: data starts at {moment(first, now)}.
    </p>
  );
}
