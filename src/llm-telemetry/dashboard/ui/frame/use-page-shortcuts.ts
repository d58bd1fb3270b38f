import { useShortcuts } from '../components/use-shortcuts.js';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import { switchTheme } from '../state/theme.js';
import { shifted } from '../state/time-range.js';

/** Keys that do the same on every page. */
export function usePageShortcuts(onHelp: () => void): void {
  const { state, origin, go } = useNavigation();
  const { range } = useClock();
  const move = (direction: -1 | 1): void => {
    const moved = shifted(range, direction, Date.now());
    go(state.zoom ? { zoom: moved } : { range: moved });
  };
  useShortcuts({
    '/': () => document.querySelector<HTMLInputElement>('#find')?.focus(),
    '[': () => move(-1),
    ']': () => move(1),
    '-': () => go({ zoom: null }),
    c: () => go({ compare: !state.compare }),
    l: () => go({ live: !state.live }, 'replace'),
    t: switchTheme,
    'g o': () => go({ place: { page: 'overview' } }),
    'g c': () => go({ place: { page: 'calls' } }),
    'g a': () => go({ place: { page: 'alerts' } }),
    Escape: () => go(state.place.page === 'call' ? { place: { page: origin } } : { zoom: null }),
    '?': onHelp,
  });
}
