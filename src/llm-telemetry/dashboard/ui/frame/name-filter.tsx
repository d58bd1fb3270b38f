import { useState } from 'preact/hooks';
import type { Breakdown } from '../../api/index.js';
import { byParameters, useFigures } from '../api/use-figures.js';
import { useNavigation } from '../state/navigation.js';
import type { Grouping } from '../state/page-state.js';
import { nameText } from '../formats/names.js';
import { ChoiceFilter } from './choice-filter.js';

/** The names that there are in the range, asked for when the list is first opened. */
export function NameFilter({ of }: { of: Grouping }) {
  const { state, go } = useNavigation();
  const [opened, setOpened] = useState(false);
  const answer = useFigures<Breakdown>('breakdown', byParameters(of), { filtered: false, wanted: opened });
  const found = (answer.data?.groups ?? []).map(({ names }) => names[of] ?? '');
  const names = [...new Set([...found, ...state[of]])];
  return (
    <ChoiceFilter
      name={NAMES[of]}
      options={names.map((name) => [name, nameText(name)])}
      chosen={state[of]}
      onChange={(chosen) => go({ [of]: chosen })}
      onOpen={() => setOpened(true)}
    />
  );
}

const NAMES = { feature: 'Feature', operation: 'Operation', model: 'Model' };
