import { useState } from 'preact/hooks';
import { Segmented } from '../components/buttons.js';
import { useNavigation } from '../state/navigation.js';
import { ChoiceList, useNameChoices } from './filters.js';

const NAMES = ['route', 'tenant', 'user'] as const;
const OPTIONS = NAMES.map((name) => [name, name.charAt(0).toUpperCase() + name.slice(1)] as const);

/** Options for route, tenant and user. */
export function MoreNames({ close }: { close: () => void }) {
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
