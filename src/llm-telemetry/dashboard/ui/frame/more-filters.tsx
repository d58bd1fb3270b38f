import { useState } from 'preact/hooks';
import { costReasonOf, COST_REASON_OPTIONS } from '../calls/cost-reasons.js';
import { Segmented } from '../components/buttons.js';
import { useNavigation } from '../state/navigation.js';
import { ChoiceList, useNameChoices } from './filters.js';

const NAMES = ['route', 'tenant', 'user'] as const;
const OPTIONS = [
  ...NAMES.map((name) => [name, name.charAt(0).toUpperCase() + name.slice(1)] as const),
  ['cost', 'Cost'],
] as const;

/** Options for route, tenant, user and the reason of an unknown cost. */
export function MoreFilters({ close }: { close: () => void }) {
  const { state } = useNavigation();
  const used = NAMES.find((name) => state[name].length > 0);
  const [of, setOf] = useState<(typeof OPTIONS)[number][0]>(
    used ?? (state.costReason.length > 0 ? 'cost' : 'route'),
  );
  return (
    <>
      <div class="option-tabs">
        <Segmented small label="Filter by" options={OPTIONS} chosen={of} onChoose={setOf} />
      </div>
      {of === 'cost' ? <CostReasons close={close} /> : <Names key={of} of={of} close={close} />}
    </>
  );
}

function Names({ of, close }: { of: (typeof NAMES)[number]; close: () => void }) {
  return <ChoiceList {...useNameChoices(of, true)} close={close} />;
}

function CostReasons({ close }: { close: () => void }) {
  const { state, go } = useNavigation();
  return (
    <>
      <p class="option muted">Calls with an unknown cost</p>
      <ChoiceList
        name="Reason"
        options={COST_REASON_OPTIONS}
        chosen={state.costReason}
        onChange={(chosen) => go({ costReason: chosen.flatMap((name) => costReasonOf(name) ?? []) })}
        close={close}
      />
    </>
  );
}
