import { useEffect, useRef, useState } from 'preact/hooks';
import { useNavigation } from '../state/navigation.js';

const ID = 'find';

/** Set while a page with the field is on its way. */
let wanted = false;

/** Focuses the search field; where the page has none, `open` goes to one that has. */
export function focusFind(open: () => void): void {
  const field = document.getElementById(ID);
  if (field) return field.focus();
  wanted = true;
  open();
}

/** The search field. While one types, the address changes as one step of the history. */
export function Find() {
  const { state, go } = useNavigation();
  const [text, setText] = useState(state.text);
  const typed = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (wanted) field.current?.focus();
    wanted = false;
  }, []);
  useEffect(() => {
    // The address lags behind what is being typed.
    if (!typed.current) setText(state.text);
  }, [state.text]);
  useEffect(() => () => clearTimeout(timer.current), []);
  // The timer is replaced here and not in an effect: effects run after the next paint, and a timer that fires before
  // would put the older text back into the field.
  const type = (value: string): void => {
    typed.current = true;
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      typed.current = false;
      go({ text: value.trim().slice(0, 200) }, state.text ? 'replace' : 'push');
    }, 250);
  };
  return (
    <label class="find">
      <span class="sr">Find calls by a feature, a model, a trace id or any other text in them</span>
      <input
        ref={field}
        id={ID}
        type="search"
        placeholder="Search calls"
        maxLength={200}
        value={text}
        onInput={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
      />
      <kbd class="wide-only">/</kbd>
    </label>
  );
}
