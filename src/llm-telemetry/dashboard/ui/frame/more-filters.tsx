import { lazy } from '../components/lazy.js';
import { nameText } from '../formats/names.js';
import { useNavigation } from '../state/navigation.js';
import { FilterChip } from './choice-filter.js';

const MoreNames = lazy(() => import('./more-names.js').then((module) => module.MoreNames));

/** Filters by route, tenant and user: one chip, so that the row stays one line. */
export function MoreFilters() {
  const { state } = useNavigation();
  const chosen = (['route', 'tenant', 'user'] as const).flatMap((of) =>
    state[of].map((name) => nameText(name, of)),
  );
  return <FilterChip name="More" chosen={chosen} content={(close) => <MoreNames close={close} />} />;
}
