import { useRef, useState } from 'preact/hooks';

export interface Choices {
  readonly name: string;
  readonly options: ReadonlyArray<readonly [value: string, text: string]>;
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
  /** At most one option can be selected. */
  readonly single?: boolean;
  /** Text for an empty list. */
  readonly nothing?: string;
}

/** Longer lists get a search field. */
const LONG = 8;
/** Maximum of displayed options; the search field finds the others. */
const SHOWN = 100;

/** Options of a filter, with a search field for long lists. */
export function ChoiceList({
  name,
  options: latest,
  chosen,
  onChange,
  single = false,
  nothing = 'None in this range.',
  close,
}: Choices & { close: () => void }) {
  const options = usePinned(latest);
  const [typed, setTyped] = useState('');
  const sought = typed.trim().toLowerCase();
  const matching = options.filter(([, text]) => text.toLowerCase().includes(sought));
  const [only] = matching;
  return (
    <>
      {!single && options.length > LONG && (
        <input
          class="field option-find"
          type="search"
          aria-label={`Search ${name.toLowerCase()}`}
          placeholder="Type to search"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !sought || !only) return;
            onChange(toggled(chosen, only[0]));
            setTyped('');
          }}
        />
      )}
      {options.length === 0 && <p class="option muted">{nothing}</p>}
      {options.length > 0 && matching.length === 0 && <p class="option muted">No match.</p>}
      {matching.slice(0, SHOWN).map(([value, text]) => (
        <label key={value} class="option" title={text}>
          <input
            type={single ? 'radio' : 'checkbox'}
            name={name}
            checked={single ? (chosen[0] ?? options[0]?.[0]) === value : chosen.includes(value)}
            onChange={() => onChange(single ? [value] : toggled(chosen, value))}
          />
          <span class="cut">{text}</span>
        </label>
      ))}
      {matching.length > SHOWN && <p class="option muted">{matching.length - SHOWN} more. Type to search.</p>}
      {chosen.length > 0 && (
        <div class="popup-foot">
          <button
            class="link"
            type="button"
            onClick={() => {
              onChange([]);
              close();
            }}
          >
            All
          </button>
        </div>
      )}
    </>
  );
}

/** Returns the options in the order in which they were first shown, so that none moves or disappears under the pointer. */
function usePinned(options: Choices['options']): Choices['options'] {
  const pinned = useRef(new Map<string, string>()).current;
  for (const [value, text] of options) pinned.set(value, text);
  return [...pinned];
}

function toggled(chosen: readonly string[], value: string): readonly string[] {
  return chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value];
}
