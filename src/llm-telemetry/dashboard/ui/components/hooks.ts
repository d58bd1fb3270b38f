import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Handlers by key (`t`, `[`, `Escape`) or key sequence (`g o`). */
export type Shortcuts = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** Maximum time between the keys of a sequence, in milliseconds. */
const PAIR_MS = 1200;

/** Registers page-wide shortcuts while the component is mounted. Ignored in fields, menus and dialogs. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;

  // A layout effect: a key can be pressed before effects run that wait for the paint.
  useLayoutEffect(() => {
    let first: { key: string; at: number } | null = null;
    const pressed = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
      const pair = first && event.timeStamp - first.at < PAIR_MS ? `${first.key} ${event.key}` : null;
      first = { key: event.key, at: event.timeStamp };
      const shortcut = (pair && latest.current[pair]) || latest.current[event.key];
      if (!shortcut) return;
      first = null;
      event.preventDefault();
      shortcut(event);
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, []);
}

function isTaken({ target, key }: KeyboardEvent): boolean {
  if (document.querySelector('dialog[open], [popover]:popover-open')) return true;
  if (!(target instanceof HTMLElement)) return false;
  // Enter and space activate the focused element.
  if ((key === 'Enter' || key === ' ') && target.closest('a, button, summary')) return true;
  return target.isContentEditable || target.matches('input, select, textarea');
}

/**
 * Keeps the focus on an element of a list that a render moves. Browsers without `Element.moveBefore` take it away.
 */
export function useKeptFocus(list: { readonly current: HTMLElement | null }): void {
  const { activeElement } = document;
  const focused = list.current?.contains(activeElement) ? activeElement : null;
  useLayoutEffect(() => {
    if (!(focused instanceof HTMLElement) || document.activeElement !== document.body) return;
    if (focused.isConnected) focused.focus({ preventScroll: true });
  });
}

/** Same breakpoint as in the style sheets. */
const NARROW = '(max-width: 760px)';

/** Returns true on narrow screens. For components that render other elements then; use CSS for layout. */
export function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const changed = (): void => setNarrow(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  return narrow;
}
