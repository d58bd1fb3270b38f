import { Segmented } from '../components/segmented.js';
import { useNarrow } from '../components/use-narrow.js';
import { useNavigation } from '../state/navigation.js';
import { GROUPINGS, type Grouping } from '../state/page-state.js';

const OPTIONS = GROUPINGS.map((by) => [by, by.charAt(0).toUpperCase() + by.slice(1)] as const);

/** Selects the grouping of the explorer: tabs, or a menu on narrow screens. */
export function GroupBy() {
  const { state, go } = useNavigation();
  const choose = (by: Grouping): void => go({ by });
  if (!useNarrow())
    return <Segmented small label="Group by" options={OPTIONS} chosen={state.by} onChoose={choose} />;
  return (
    <select
      class="field small"
      aria-label="Group by"
      value={state.by}
      onChange={({ currentTarget: { value } }) => choose(GROUPINGS.find((by) => by === value) ?? 'feature')}
    >
      {OPTIONS.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}
