import { createContext, type ComponentChildren } from 'preact';
import { useCallback, useContext, useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { addressOf, stateOf, type PageState, type Place } from './page-state.js';

export interface Navigation {
  readonly state: PageState;
  /** Page that the current call was opened from. Stored in the browser history, so that it survives a reload. */
  readonly origin: Origin;
  /** Navigates to the state with these changes; `replace` adds no history entry. */
  readonly go: (changes: Partial<PageState>, how?: 'push' | 'replace') => void;
  /** Returns the URL of the state with these changes. */
  readonly href: (changes: Partial<PageState>) => string;
}

export type Origin = Exclude<Place['page'], 'call' | 'unknown'>;

const NavigationContext = createContext<Navigation | null>(null);

export function useNavigation(): Navigation {
  return useContext(NavigationContext)!;
}

export function NavigationProvider({ children }: { children: ComponentChildren }) {
  const [state, setState] = useState(read);

  useLayoutEffect(() => {
    // Removes unknown parameters from the URL, such as a token.
    history.replaceState(history.state, '', addressAt(read()));
    const back = (): void => setState(read());
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  }, []);

  const go = useCallback<Navigation['go']>((changes, how = 'push') => {
    const before = read();
    const after = { ...before, ...changes };
    if (addressAt(after) === addressAt(before)) return;
    const path = location.pathname;
    const { page } = before.place;
    const from = page === 'call' || page === 'unknown' ? originNow() : page;
    history[how === 'push' ? 'pushState' : 'replaceState']({ from }, '', addressAt(after));
    if (location.pathname !== path) scrollTo(0, 0);
    setState(after);
  }, []);

  const navigation = useMemo<Navigation>(
    () => ({ state, origin: originNow(), go, href: (changes) => addressAt({ ...state, ...changes }) }),
    [state, go],
  );
  return <NavigationContext.Provider value={navigation}>{children}</NavigationContext.Provider>;
}

/**
 * Client-side link. Clicks with a modifier are left to the browser. Clicks on a disabled link are ignored; it keeps the
 * focus.
 */
export function Link({
  to,
  children,
  ...attributes
}: {
  to: Partial<PageState>;
  children: ComponentChildren;
  class?: string;
  title?: string;
  'aria-label'?: string;
  'aria-current'?: 'page' | undefined;
  'aria-disabled'?: boolean;
}) {
  const { go, href } = useNavigation();
  const onClick = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (attributes['aria-disabled'] !== true) go(to);
  };
  return (
    <a {...attributes} href={href(to)} onClick={onClick}>
      {children}
    </a>
  );
}

function read(): PageState {
  const path = location.pathname.startsWith(ROOT.pathname)
    ? location.pathname.slice(ROOT.pathname.length)
    : '';
  return stateOf(path, location.search);
}

function originNow(): Origin {
  return (history.state as { from?: Origin } | null)?.from ?? 'calls';
}

function addressAt(state: PageState): string {
  return ROOT.pathname + addressOf(state);
}

/**
 * Root URL of the dashboard, from the `<base>` that the server inserts. Read once: the `<base>` is relative to the URL of
 * the page, which changes.
 */
export const ROOT = new URL('.', document.baseURI);
