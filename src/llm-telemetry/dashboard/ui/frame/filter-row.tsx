import { useEffect, useRef, useState } from 'preact/hooks';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import { GROUPINGS, isFiltered, NO_FILTERS } from '../state/page-state.js';
import { lengthText } from '../state/time-range.js';
import { rangeText } from '../formats/formats.js';
import { ChoiceFilter } from './choice-filter.js';
import { NameFilter } from './name-filter.js';
import { LiveButton } from './top-bar.js';

/** As `CallRow.outcome` has them; the first two stand for several. */
const OUTCOMES = [
  ['failed', 'Failed, any error'],
  ['truncated', 'Truncated'],
  ['ok', 'OK'],
  ['tool_calls', 'Tool calls'],
  ['refusal', 'Refused'],
  ['cancelled', 'Cancelled'],
  ['aborted', 'Aborted'],
  ['content_filter', 'content_filter'],
  ['rate_limit', 'rate_limit'],
  ['overloaded', 'overloaded'],
  ['timeout', 'timeout'],
  ['connection', 'connection'],
  ['stream_cut', 'stream_cut'],
  ['quota_exhausted', 'quota_exhausted'],
  ['budget_exceeded', 'budget_exceeded'],
  ['server_error', 'server_error'],
  ['bad_request', 'bad_request'],
  ['parse', 'parse'],
] as const;

const RETRIES = [
  ['all', 'All'],
  ['without', 'Without retries'],
  ['only', 'Only with retries'],
] as const;

/** Which calls, and when. */
export function FilterRow({ answers }: { answers: boolean }) {
  const { state, go } = useNavigation();
  const { range } = useClock();
  const length = lengthText(range);
  return (
    <div class="filters" role="search" aria-label="Filters">
      <Search />
      <span class="narrow-only">
        <LiveButton class="chip" answers={answers} />
      </span>
      {GROUPINGS.map((grouping) => (
        <NameFilter key={grouping} of={grouping} />
      ))}
      <ChoiceFilter
        name="Outcome"
        options={OUTCOMES}
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

/** What is looked for changes while one types, as one step back. */
function Search() {
  const { state, go } = useNavigation();
  const [text, setText] = useState(state.text);
  const typed = useRef(false);
  useEffect(() => {
    // What is being typed is not taken away by an address that does not know it yet.
    if (!typed.current) setText(state.text);
  }, [state.text]);
  useEffect(() => {
    if (!typed.current) return;
    const timer = setTimeout(() => {
      typed.current = false;
      go({ text: text.trim().slice(0, 200) }, state.text ? 'replace' : 'push');
    }, 250);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label class="find wide-only">
      <span class="sr">Find calls by a feature, a model, a trace id or any other text in them</span>
      <input
        id="find"
        type="search"
        placeholder="Search calls"
        maxLength={200}
        value={text}
        onInput={(event) => {
          typed.current = true;
          setText(event.currentTarget.value);
        }}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
      />
      <kbd>/</kbd>
    </label>
  );
}
