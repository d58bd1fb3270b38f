import { useEffect, useRef } from 'preact/hooks';

/** What keys do: `t`, `[`, `Escape`, or one after another: `g o`. */
export type Shortcuts = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** How long the second key of a pair may take. */
const PAIR_MS = 1200;

/** Keys of the whole page, while the component is there. Fields, menus and dialogs have their own. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;

  useEffect(() => {
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
  // Enter and the space bar are for what has focus.
  if ((key === 'Enter' || key === ' ') && target.closest('a, button, summary')) return true;
  return target.isContentEditable || target.matches('input, select, textarea');
}
