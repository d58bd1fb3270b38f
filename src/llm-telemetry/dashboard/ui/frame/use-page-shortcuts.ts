import { useShortcuts, type Shortcuts } from '../components/hooks.js';
import { useNavigation } from '../state/navigation.js';
import { KPIS } from '../state/page-state.js';
import { chooseOtherTheme } from '../state/theme.js';
import { shifted, shiftedChoice } from '../state/time-range.js';
import { focusFind } from './filter-row.js';

/**
 * Registers the shortcuts that `help-dialog.tsx` lists. A key works only on pages that display what it changes.
 * `help`: the help is open or loads.
 */
export function usePageShortcuts(help: boolean, setHelp: (open: boolean) => void): void {
  const { state, origin, go } = useNavigation();
  const { page } = state.place;
  const move = (direction: -1 | 1): void => {
    const now = Date.now();
    if (state.zoom) go({ zoom: shifted(state.zoom, direction, now) });
    else go({ range: shiftedChoice(state.range, direction, now) });
  };
  const leave = (): void => {
    if (help) setHelp(false);
    else if (page === 'call') go({ place: { page: origin } });
    else if (state.zoom && page !== 'alerts') go({ zoom: null });
    else if (page !== 'overview') go({ place: { page: 'overview' } });
  };
  const overview: Shortcuts = {
    c: () => go({ compare: !state.compare }),
    ...Object.fromEntries(KPIS.map((kpi, index) => [String(index + 1), () => go({ kpi })])),
  };
  const ranged: Shortcuts = {
    '[': () => move(-1),
    ']': () => move(1),
    '-': () => go({ zoom: null }),
  };
  useShortcuts({
    ...(page === 'overview' && overview),
    ...((page === 'overview' || page === 'calls') && ranged),
    '/': () => focusFind(() => go({ place: { page: 'calls' } })),
    l: () => go({ live: !state.live }, 'replace'),
    t: () => go({ theme: chooseOtherTheme() }, 'replace'),
    'g o': () => go({ place: { page: 'overview' } }),
    'g c': () => go({ place: { page: 'calls' } }),
    'g a': () => go({ place: { page: 'alerts' } }),
    Escape: leave,
    '?': () => setHelp(true),
  });
}
