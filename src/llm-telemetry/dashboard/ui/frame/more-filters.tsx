import { useState } from 'preact/hooks';
import { Segmented } from '../components/segmented.js';
import { nameText } from '../formats/names.js';
import { useNavigation } from '../state/navigation.js';
import { ChoiceList, FilterChip } from './choice-filter.js';
import { useNameChoices } from './name-filter.js';

const NAMES = ['route', 'tenant', 'user'] as const;
const OPTIONS = NAMES.map((name) => [name, name.charAt(0).toUpperCase() + name.slice(1)] as const);

/** Filters by route, tenant and user: one chip, so that the row stays one line. */
export function MoreFilters() {
  const { state } = useNavigation();
  const chosen = NAMES.flatMap((of) => state[of].map((name) => nameText(name, of)));
  return <FilterChip name="More" chosen={chosen} content={(close) => <Names close={close} />} />;
}

function Names({ close }: { close: () => void }) {
  const { state } = useNavigation();
  const [of, setOf] = useState(NAMES.find((name) => state[name].length > 0) ?? 'route');
  const choices = useNameChoices(of, true);
  return (
    <>
      <div class="option-tabs">
        <Segmented small label="Filter by" options={OPTIONS} chosen={of} onChoose={setOf} />
      </div>
      <ChoiceList key={of} {...choices} close={close} />
    </>
  );
}
