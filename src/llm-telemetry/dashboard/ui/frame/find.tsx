import { useEffect, useRef, useState } from 'preact/hooks';
import { useNavigation } from '../state/navigation.js';

const ID = 'find';

/** True if the field must take the focus when it is mounted. */
let wanted = false;

/** Focuses the search field. If the page has none, `open` must navigate to one that has. */
export function focusFind(open: () => void): void {
  const field = document.getElementById(ID);
  if (field) return field.focus();
  wanted = true;
  open();
}

/** Search field. Typing adds a single entry to the browser history. */
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
    // While the user types, the URL lags behind.
    if (!typed.current) setText(state.text);
  }, [state.text]);
  useEffect(() => () => clearTimeout(timer.current), []);
  // Not in an effect: effects run after the next paint, and an older timer that fires before would restore older text.
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
      <span class="sr">Search calls by feature, model, trace id or other text</span>
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
