import { Caret } from '../components/icons.js';
import { Popup } from '../components/popup.js';

/** A chip that opens a list to choose from. Several may be chosen, unless it is `single`. */
export function ChoiceFilter({
  name,
  options,
  chosen,
  onChange,
  single = false,
  onOpen,
}: {
  name: string;
  options: ReadonlyArray<readonly [value: string, text: string]>;
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
  single?: boolean;
  onOpen?: () => void;
}) {
  const textOf = (value: string): string => options.find(([option]) => option === value)?.[1] ?? value;
  const [first] = chosen;
  const shown = first === undefined ? 'All' : chosen.length === 1 ? textOf(first) : `${chosen.length} chosen`;
  return (
    <Popup
      class={chosen.length > 0 ? 'chip chosen' : 'chip'}
      label={name}
      onOpen={onOpen}
      button={
        <>
          <span class="muted">{name}</span>
          <b class="cut">{shown}</b>
          <Caret />
        </>
      }
    >
      {(close) => (
        <>
          {options.length === 0 && <p class="option muted">There are none in this range.</p>}
          {options.map(([value, text]) => (
            <label key={value} class="option">
              <input
                type={single ? 'radio' : 'checkbox'}
                name={name}
                checked={single ? (chosen[0] ?? options[0]?.[0]) === value : chosen.includes(value)}
                onChange={() => onChange(single ? [value] : toggled(chosen, value))}
              />
              <span class="cut">{text}</span>
            </label>
          ))}
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
      )}
    </Popup>
  );
}

function toggled(chosen: readonly string[], value: string): readonly string[] {
  return chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value];
}
