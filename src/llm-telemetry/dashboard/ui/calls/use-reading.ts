import { useEffect, useState } from 'preact/hooks';

/**
 * Returns true while the user reads a list, so that it must not move: the pointer is over it, it contains the focus or a
 * selection, or its start is scrolled out of view.
 */
export function useReading(list: { readonly current: HTMLElement | null }, present: boolean): boolean {
  const [pointer, setPointer] = useState(false);
  const [focus, setFocus] = useState(false);
  const [selection, setSelection] = useState(false);
  const [scrolled, setScrolled] = useState(false);

  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const stop = new AbortController();
    const options = { signal: stop.signal, passive: true };
    // Touch has no hover.
    const entered = ({ pointerType }: PointerEvent): void => setPointer(pointerType === 'mouse');
    element.addEventListener('pointerenter', entered, options);
    element.addEventListener('pointerleave', () => setPointer(false), options);
    element.addEventListener('focusin', () => setFocus(true), options);
    element.addEventListener(
      'focusout',
      ({ relatedTarget }) => setFocus(relatedTarget instanceof Node && element.contains(relatedTarget)),
      options,
    );
    const selected = (): void => {
      const now = getSelection();
      setSelection(now !== null && !now.isCollapsed && element.contains(now.anchorNode));
    };
    document.addEventListener('selectionchange', selected, options);
    const moved = (): void => {
      const top = document.querySelector('.top')?.getBoundingClientRect().bottom ?? 0;
      setScrolled(element.getBoundingClientRect().top < top - 1);
    };
    addEventListener('scroll', moved, options);
    return () => stop.abort();
  }, [present]);

  return pointer || focus || selection || scrolled;
}
