import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface Reading {
  /** True while the user reads the list. */
  readonly reading: boolean;
  /** Returns the same for this moment: scroll and focus events arrive later than what causes them. */
  readonly isReading: () => boolean;
}

/**
 * Observes whether the user reads a list, so that it must not move: the pointer is over it, it contains the focus or a
 * selection, or its start is scrolled out of view.
 */
export function useReading(list: { readonly current: HTMLElement | null }): Reading {
  const pointer = useRef(false);
  const [reading, setReading] = useState(false);
  const isReading = useCallback(() => {
    const element = list.current;
    return element !== null && (pointer.current || hasFocus(element) || isScrolled(element));
  }, [list]);

  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    const stop = new AbortController();
    const options = { signal: stop.signal, passive: true };
    const changed = (): void => setReading(isReading());
    const pointed = (over: boolean): void => {
      pointer.current = over;
      changed();
    };
    // Touch has no hover, but a list must not move between touch and click.
    element.addEventListener('pointerenter', () => pointed(true), options);
    element.addEventListener('pointerleave', () => pointed(false), options);
    element.addEventListener('focusin', changed, options);
    element.addEventListener(
      'focusout',
      ({ relatedTarget }) => {
        // The focus is nowhere while it moves within the list.
        if (!(relatedTarget instanceof Node && element.contains(relatedTarget))) changed();
      },
      options,
    );
    document.addEventListener('selectionchange', changed, options);
    addEventListener('scroll', changed, options);
    return () => stop.abort();
  }, [list, isReading]);

  return { reading, isReading };
}

function hasFocus(element: HTMLElement): boolean {
  const selection = getSelection();
  return (
    element.contains(document.activeElement) ||
    (selection !== null && !selection.isCollapsed && element.contains(selection.anchorNode))
  );
}

function isScrolled(element: HTMLElement): boolean {
  const top = document.querySelector('.top')?.getBoundingClientRect().bottom ?? 0;
  return element.firstElementChild !== null && element.getBoundingClientRect().top < top - 1;
}
