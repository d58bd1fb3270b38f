import { createContext, type ComponentChildren } from 'preact';
import { useCallback, useContext, useEffect, useMemo, useState } from 'preact/hooks';
import { addressOf, stateOf, type PageState, type Place } from './page-state.js';
import { ROOT } from './root.js';

export interface Navigation {
  readonly state: PageState;
  /** The page that the call that is looked at was opened from; it is in the browser's history, so that it survives a reload. */
  readonly origin: Origin;
  /** Goes to the state with these changes: a step that Back takes back, unless it `replace`s. */
  readonly go: (changes: Partial<PageState>, how?: 'push' | 'replace') => void;
  /** The address of the state with these changes, for a link. */
  readonly href: (changes: Partial<PageState>) => string;
}

export type Origin = Exclude<Place['page'], 'call' | 'unknown'>;

const NavigationContext = createContext<Navigation | null>(null);

export function useNavigation(): Navigation {
  return useContext(NavigationContext)!;
}

export function NavigationProvider({ children }: { children: ComponentChildren }) {
  const [state, setState] = useState(read);

  useEffect(() => {
    // What the address says and we do not know, as a token that has let somebody in, does not stay in it.
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

/** A link within the page. A click with a modifier is the browser's. */
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
}) {
  const { go, href } = useNavigation();
  const onClick = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
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
