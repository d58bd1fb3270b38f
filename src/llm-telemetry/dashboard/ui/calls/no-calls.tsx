import { clockSeconds } from '../formats/formats.js';
import { useNavigation } from '../state/navigation.js';
import { isFiltered, NO_FILTERS } from '../state/page-state.js';
import type { CallList } from './call-list.js';

/** Explains an empty list of calls. */
export function NoCalls({ list }: { list: CallList }) {
  const { state, go } = useNavigation();
  const filtered = isFiltered(state);
  const further = list.rest !== null;
  return (
    <div class="notice">
      <h2>{filtered ? 'No calls match' : 'No calls in this range'}</h2>
      <p>
        {further
          ? `No match since ${clockSeconds(list.searchedTo)}. Earlier calls were not searched yet.`
          : filtered
            ? 'No calls in this range match these filters.'
            : 'New calls appear here within two seconds.'}
      </p>
      <div class="actions">
        {filtered && (
          <button class="button" type="button" onClick={() => go(NO_FILTERS)}>
            Clear filters
          </button>
        )}
        {state.range !== '30d' && (
          <button class="button" type="button" onClick={() => go({ range: '30d', zoom: null })}>
            Show 30 days
          </button>
        )}
      </div>
    </div>
  );
}
