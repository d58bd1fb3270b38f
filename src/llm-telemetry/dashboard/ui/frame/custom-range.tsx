import { useState } from 'preact/hooks';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import { MINUTE } from '../../../units/time.js';

/** Form for a fixed range. */
export function CustomRange({ onDone }: { onDone: () => void }) {
  const { go } = useNavigation();
  const { range } = useClock();
  const [from, setFrom] = useState(() => fieldText(range.from));
  const [to, setTo] = useState(() => fieldText(range.to));
  // Text without a time zone is parsed as local time.
  const chosen = { from: Date.parse(from), to: Date.parse(to) };
  const valid = chosen.from < chosen.to;

  const submit = (event: Event): void => {
    event.preventDefault();
    if (!valid) return;
    go({ range: chosen, zoom: null });
    onDone();
  };
  return (
    <form class="custom-range" onSubmit={submit}>
      <label>
        From
        <input
          class="field"
          type="datetime-local"
          required
          value={from}
          onInput={(event) => setFrom(event.currentTarget.value)}
        />
      </label>
      <label>
        To
        <input
          class="field"
          type="datetime-local"
          required
          value={to}
          aria-invalid={!valid}
          aria-describedby={valid ? undefined : 'range-wrong'}
          onInput={(event) => setTo(event.currentTarget.value)}
        />
      </label>
      {!valid && (
        <p id="range-wrong" class="state bad">
          The end must be after the start.
        </p>
      )}
      <button class="button primary" disabled={!valid}>
        Show this range
      </button>
    </form>
  );
}

function fieldText(moment: number): string {
  const local = new Date(moment - new Date(moment).getTimezoneOffset() * MINUTE);
  return local.toISOString().slice(0, 16);
}
