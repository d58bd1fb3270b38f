import { useEffect, useState } from 'preact/hooks';

/** As the style sheets have it. */
const NARROW = '(max-width: 760px)';

/** Whether the page is narrow: for what is made of other elements then, and not only laid out in another way. */
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
