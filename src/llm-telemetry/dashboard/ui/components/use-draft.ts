import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Attributes of a text field that `useDraft` controls. */
export interface Draft {
  readonly value: string;
  readonly onInput: (event: FieldEvent) => void;
  readonly onChange: (event: FieldEvent) => void;
  readonly onBlur: (event: FieldEvent) => void;
}

type FieldEvent = { readonly currentTarget: HTMLInputElement };

/**
 * Text field whose value is part of the page's state. It shows its own text while the user types, because each render
 * writes `value` into the field; Enter and leaving the field submit the text without surrounding spaces. If `value`
 * changes otherwise, for example by Back, it replaces the text.
 *
 * @param delayMs Time after the last key press until the text is also submitted while the user types.
 * @defaultValue `delayMs`: undefined, only Enter and leaving the field submit.
 */
export function useDraft(value: string, submit: (text: string) => void, delayMs?: number): Draft {
  const [draft, setDraft] = useState<string | null>(null);
  const latest = useRef(submit);
  latest.current = submit;
  /** Value that the page has or gets by the last submission. */
  const expected = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  // Layout effects: until effects after the next paint run, a timer or key press could act on the old value.
  useLayoutEffect(() => {
    if (value === expected.current) return;
    expected.current = value;
    clearTimeout(timer.current);
    setDraft(null);
  }, [value]);
  useLayoutEffect(() => () => clearTimeout(timer.current), []);

  const send = (text: string): void => {
    clearTimeout(timer.current);
    const trimmed = text.trim();
    if (trimmed === expected.current) return;
    expected.current = trimmed;
    latest.current(trimmed);
  };
  const end = ({ currentTarget }: FieldEvent): void => {
    send(currentTarget.value);
    setDraft(null);
  };
  return {
    value: draft ?? value,
    onInput: ({ currentTarget: { value: text } }) => {
      setDraft(text);
      clearTimeout(timer.current);
      if (delayMs !== undefined) timer.current = setTimeout(() => send(text), delayMs);
    },
    onChange: end,
    onBlur: end,
  };
}
