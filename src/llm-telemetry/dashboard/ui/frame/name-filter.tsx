import { useState } from 'preact/hooks';
import type { Breakdown } from '../../api/index.js';
import { byParameters, useMeasures } from '../api/use-measures.js';
import { nameIn, nameText } from '../formats/names.js';
import { useNavigation } from '../state/navigation.js';
import type { Grouping } from '../state/page-state.js';
import { ChoiceFilter } from './choice-filter.js';
import type { Choices } from './choice-list.js';

/** Filter by names in the range, which are requested when the list is first opened. */
export function NameFilter({ of }: { of: Grouping }) {
  const [opened, setOpened] = useState(false);
  return <ChoiceFilter {...useNameChoices(of, opened)} onOpen={() => setOpened(true)} />;
}

/** Limit of the API. */
const MOST = 1000;

/** Returns the names in the range, by spend, and the selected names. */
export function useNameChoices(of: Grouping, wanted: boolean): Choices {
  const { state, go } = useNavigation();
  const { data, error, loading } = useMeasures<Breakdown>(
    'breakdown',
    { ...byParameters(of), limit: MOST },
    { filtered: false, wanted },
  );
  const names = [...(data?.groups ?? []).map(({ names }) => nameIn(names, of)), ...state[of]];
  return {
    name: of.charAt(0).toUpperCase() + of.slice(1),
    options: [...new Set(names)].map((name) => [name, nameText(name, of)]),
    chosen: state[of],
    onChange: (chosen) => go({ [of]: chosen }),
    nothing: loading ? 'Loading…' : (error?.message ?? 'None in this range.'),
  };
}
