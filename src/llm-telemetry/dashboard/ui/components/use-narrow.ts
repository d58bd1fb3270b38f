import { useEffect, useState } from 'preact/hooks';

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
