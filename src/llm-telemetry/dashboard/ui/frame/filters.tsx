import { useState } from 'preact/hooks';
import { Caret } from '../components/icons.js';
import { lazy } from '../components/lazy.js';
import { Popup } from '../components/popup.js';
import type { Choices } from './choice-list.js';
import type { Breakdown } from '../../api/index.js';
import { byParameters, useMeasures } from '../api/use-measures.js';
import { nameIn, nameText } from '../formats/names.js';
import { useNavigation } from '../state/navigation.js';
import type { NameFilter as Name } from '../state/page-state.js';

/** The menu of a filter, loaded when one is first opened. */
export const ChoiceList = lazy(() => import('./choice-list.js').then((module) => module.ChoiceList));

/** Filter chip with a list of options. */
export function ChoiceFilter({ onOpen, ...choices }: Choices & { onOpen?: () => void }) {
  const { name, options, chosen } = choices;
  const textOf = (value: string): string => options.find(([option]) => option === value)?.[1] ?? value;
  return (
    <FilterChip
      name={name}
      chosen={chosen.map(textOf)}
      onOpen={onOpen}
      content={(close) => <ChoiceList {...choices} close={close} />}
    />
  );
}

/** Filter chip with its name and selection. */
export function FilterChip({
  name,
  chosen,
  onOpen,
  content,
}: {
  name: string;
  chosen: readonly string[];
  onOpen?: (() => void) | undefined;
  content: (close: () => void) => preact.ComponentChildren;
}) {
  const [first] = chosen;
  return (
    <Popup
      class={chosen.length > 0 ? 'chip chosen' : 'chip'}
      label={name}
      {...(onOpen && { onOpen })}
      button={
        <>
          <span class="muted">{name}</span>
          <b class="cut">
            {first === undefined ? 'All' : chosen.length === 1 ? first : `${chosen.length} selected`}
          </b>
          <Caret />
        </>
      }
    >
      {content}
    </Popup>
  );
}

/** Filter by names in the range, which are requested when the list is first opened. */
export function NameFilter({ of }: { of: Name }) {
  const [opened, setOpened] = useState(false);
  return <ChoiceFilter {...useNameChoices(of, opened)} onOpen={() => setOpened(true)} />;
}

/** Limit of the API. */
const MOST = 1000;

/** Returns the names in the range, by spend, and the selected names. */
export function useNameChoices(of: Name, wanted: boolean): Choices {
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
