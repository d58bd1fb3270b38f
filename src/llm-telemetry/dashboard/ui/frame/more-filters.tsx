import { useState } from 'preact/hooks';
import type { Breakdown, Status } from '../../api/index.js';
import { useApi } from '../api/use-api.js';
import { useMeasures } from '../api/use-measures.js';
import { costReasonOf, COST_REASON_OPTIONS } from '../calls/cost-reasons.js';
import { Segmented } from '../components/buttons.js';
import { nameIn, nameText } from '../formats/names.js';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import { ChoiceList, useNameChoices } from './filters.js';

const OF_CALLS = ['route', 'tenant', 'user'] as const;
const NAMES = [...OF_CALLS, 'version', 'instance', 'environment', 'service'] as const;
const SEVERAL = ['environment', 'service'] as const;
type Filter = (typeof NAMES)[number] | 'cost';

const option = (name: Filter) => [name, name.charAt(0).toUpperCase() + name.slice(1)] as const;

/**
 * Options for route, tenant, user, the reason of an unknown cost, and the program and process that made the calls.
 * Environments and services are offered if there are several.
 */
export function MoreFilters({ close }: { close: () => void }) {
  const { state } = useNavigation();
  const used = NAMES.find((name) => state[name].length > 0);
  const [of, setOf] = useState<Filter>(used ?? (state.costReason.length > 0 ? 'cost' : 'route'));
  const programs = useMeasures<Breakdown>(
    'breakdown',
    { by: SEVERAL, limit: 1000 },
    { filtered: false },
  ).data;
  const several = SEVERAL.filter(
    (name) =>
      state[name].length > 0 || new Set(programs?.groups.map(({ names }) => nameIn(names, name))).size > 1,
  );
  const options = [...OF_CALLS, 'cost', 'version', 'instance', ...several] as const;
  return (
    <>
      <div class="option-tabs">
        <Segmented small label="Filter by" options={options.map(option)} chosen={of} onChoose={setOf} />
      </div>
      {of === 'cost' ? (
        <CostReasons close={close} />
      ) : of === 'instance' ? (
        <Instances close={close} />
      ) : (
        <Names key={of} of={of} close={close} />
      )}
    </>
  );
}

function Names({ of, close }: { of: Exclude<Filter, 'cost'>; close: () => void }) {
  return <ChoiceList {...useNameChoices(of, true)} close={close} />;
}

/** Also offers the instances of the fleet: there can be too many calls to find those that made them. */
function Instances({ close }: { close: () => void }) {
  const { round } = useClock();
  const status = useApi<Status>('status', round);
  const choices = useNameChoices('instance', true);
  const names = new Map(choices.options);
  for (const { instance } of status.data?.store?.instances ?? [])
    names.set(instance ?? '', nameText(instance, 'instance'));
  return <ChoiceList {...choices} options={[...names]} close={close} />;
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
