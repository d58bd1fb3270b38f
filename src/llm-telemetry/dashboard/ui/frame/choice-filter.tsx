import { Caret } from '../components/icons.js';
import { lazy } from '../components/lazy.js';
import { Popup } from '../components/popup.js';
import type { Choices } from './choice-list.js';

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
