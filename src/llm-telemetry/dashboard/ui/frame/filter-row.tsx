import { useLayoutEffect, useRef } from 'preact/hooks';
import { costReasonText } from '../calls/cost-reasons.js';
import { OUTCOME_OPTIONS } from '../calls/outcome.js';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import { isFiltered, NAME_FILTERS, NO_FILTERS } from '../state/page-state.js';
import { lengthText } from '../state/time-range.js';
import { rangeText } from '../formats/formats.js';
import { ChoiceFilter, NameFilter, FilterChip } from './filters.js';
import { LiveButton } from './top-bar.js';
import { lazy } from '../components/lazy.js';
import { useDraft } from '../components/use-draft.js';
import { nameText } from '../formats/names.js';

const RETRIES = [
  ['all', 'All'],
  ['without', 'Without retries'],
  ['only', 'With retries'],
] as const;

/** Names with a chip of their own; the others are behind one. */
const OWN_CHIPS = ['feature', 'operation', 'model'] as const;

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
      {OWN_CHIPS.map((of) => (
        <NameFilter key={of} of={of} />
      ))}
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
      <More />
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
            Compare: {length}
            <span class="roomy-only"> before</span>
          </button>
        )}
      </span>
    </div>
  );
}

const MoreFilters = lazy(() => import('./more-filters.js').then((module) => module.MoreFilters));

/** Filters by route, tenant, user, program and the reason of an unknown cost: one chip, so that the row stays one line. */
export function More() {
  const { state } = useNavigation();
  const names = NAME_FILTERS.filter((of) => !OWN_CHIPS.some((chip) => chip === of)).flatMap((of) =>
    state[of].map((name) => nameText(name, of)),
  );
  const chosen = [...names, ...state.costReason.map(costReasonText)];
  return <FilterChip name="More" chosen={chosen} content={(close) => <MoreFilters close={close} />} />;
}

const ID = 'find';

/** True if the field must take the focus when it is mounted. */
let wanted = false;

/** Focuses the search field. If the page has none, `open` must navigate to one that has. */
export function focusFind(open: () => void): void {
  const field = document.getElementById(ID);
  if (field) return field.focus();
  wanted = true;
  open();
}

/** Search field. Typing adds a single entry to the browser history. */
export function Find() {
  const { state, go } = useNavigation();
  const text = useDraft(state.text, (text) => go({ text }, state.text ? 'replace' : 'push'), 250);
  const field = useRef<HTMLInputElement>(null);
  // Keys pressed before effects that run after the paint would be shortcuts.
  useLayoutEffect(() => {
    if (wanted) field.current?.focus();
    wanted = false;
  }, []);
  return (
    <label class="find">
      <span class="sr">Search calls by feature, model, trace id or other text</span>
      <input
        ref={field}
        id={ID}
        type="search"
        placeholder="Search calls"
        maxLength={200}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          // Browsers clear search fields on Escape.
          event.preventDefault();
          event.currentTarget.blur();
        }}
        {...text}
      />
      <kbd class="wide-only">/</kbd>
    </label>
  );
}
