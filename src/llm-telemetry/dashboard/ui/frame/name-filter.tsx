import { useState } from 'preact/hooks';
import type { Breakdown } from '../../api/index.js';
import { byParameters, useFigures } from '../api/use-figures.js';
import { nameIn, nameText } from '../formats/names.js';
import { useNavigation } from '../state/navigation.js';
import type { Grouping } from '../state/page-state.js';
import { ChoiceFilter } from './choice-filter.js';
import type { Choices } from './choice-list.js';

/** A filter by the names of the range, which are requested when the list is first opened. */
export function NameFilter({ of }: { of: Grouping }) {
  const [opened, setOpened] = useState(false);
  return <ChoiceFilter {...useNameChoices(of, opened)} onOpen={() => setOpened(true)} />;
}

/** The most that the API lists. */
const MOST = 1000;

/** The names of the range, those with most spend first, and those that are chosen. */
export function useNameChoices(of: Grouping, wanted: boolean): Choices {
  const { state, go } = useNavigation();
  const { data, error, loading } = useFigures<Breakdown>(
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
    nothing: loading ? 'Loading…' : (error?.message ?? 'There are none in this range.'),
  };
}
