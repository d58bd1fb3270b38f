import { OUTCOME_OPTIONS } from '../calls/outcome.js';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import { isFiltered, NO_FILTERS } from '../state/page-state.js';
import { lengthText } from '../state/time-range.js';
import { rangeText } from '../formats/formats.js';
import { ChoiceFilter } from './choice-filter.js';
import { Find } from './find.js';
import { MoreFilters } from './more-filters.js';
import { NameFilter } from './name-filter.js';
import { LiveButton } from './top-bar.js';

const RETRIES = [
  ['all', 'All'],
  ['without', 'Without retries'],
  ['only', 'With retries'],
] as const;

/** Row with search, filters and the range. */
export function FilterRow({ connected }: { connected: boolean }) {
  const { state, go } = useNavigation();
  const { range } = useClock();
  const length = lengthText(range);
  return (
    <div class="filters" role="search" aria-label="Filters">
      <Find />
      <span class="narrow-only">
        <LiveButton class="chip" connected={connected} />
      </span>
      <NameFilter of="feature" />
      <NameFilter of="operation" />
      <NameFilter of="model" />
      <ChoiceFilter
        name="Outcome"
        options={OUTCOME_OPTIONS}
        chosen={state.outcome}
        onChange={(outcome) => go({ outcome })}
      />
      <ChoiceFilter
        name="Retries"
        single
        options={RETRIES}
        chosen={state.retries === 'all' ? [] : [state.retries]}
        onChange={([retries]) =>
          go({ retries: retries === 'without' || retries === 'only' ? retries : 'all' })
        }
      />
      <MoreFilters />
      {isFiltered(state) && (
        <button class="button ghost" type="button" onClick={() => go(NO_FILTERS)}>
          Clear filters
        </button>
      )}
      <span class="filters-end">
        {state.zoom && (
          <button class="button" type="button" title="Zoom out (-)" onClick={() => go({ zoom: null })}>
            Zoom out
          </button>
        )}
        <span class="when cut" title={rangeText(range)}>
          {rangeText(range)}
        </span>
        {state.place.page === 'overview' && (
          <button
            class="chip"
            type="button"
            aria-pressed={state.compare}
            title="Compare (c)"
            onClick={() => go({ compare: !state.compare })}
          >
            <i class={state.compare ? 'dash' : 'dash off'} />
            Compare: {length} before
          </button>
        )}
      </span>
    </div>
  );
}
