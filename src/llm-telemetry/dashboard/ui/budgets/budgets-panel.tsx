import type { BudgetsResponse, BudgetStatus } from '../../api/index.js';
import { useApi } from '../api/use-api.js';
import { Panel } from '../components/panel.js';
import { StateLabel } from '../components/icons.js';
import { money, percent } from '../formats/formats.js';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import {
  budgetsWithin,
  filterNote,
  findingOf,
  outlookOf,
  passedOf,
  periodOf,
  scopeOf,
} from './budget-texts.js';

/** Spend and projection of each budget that the filters select. Renders nothing without budgets. */
export function BudgetsPanel() {
  const { now } = useClock();
  const { state } = useNavigation();
  const result = useApi<BudgetsResponse>('budgets', now);
  const { data } = result;
  if (!data || data.budgets.length === 0) return null;
  const shown = budgetsWithin(data.budgets, state);
  const note = filterNote(data.budgets, shown, state);
  return (
    <Panel span={12} title="Budgets" finding={shown.length > 0 && findingOf(shown)} result={result}>
      {note && <p class="muted small budget-note">{note}</p>}
      <ul class="budgets">
        {shown.map((budget) => (
          <Budget key={budget.name} budget={budget} now={data.asOf} />
        ))}
      </ul>
    </Panel>
  );
}

function Budget({ budget, now }: { budget: BudgetStatus; now: number }) {
  const { spentUsd, limitUsd, lowerBound, reservedUsd } = budget;
  const { bad, main, aside } = outlookOf(budget);
  const used = spentUsd / limitUsd;
  const passed = passedOf(budget, now);
  return (
    <li>
      <div class="budget-line">
        <span class="cut">
          {scopeOf(budget)} <span class="muted small">{periodOf(budget)}</span>
        </span>
        <span class="nowrap">
          {lowerBound && <span title="Lower bound: some calls have no known cost">≥ </span>}
          <b>{money(spentUsd)}</b> <span class="muted">of {money(limitUsd)}</span>
        </span>
      </div>
      <div
        class={bad ? 'budget-bar bad' : 'budget-bar'}
        role="img"
        aria-label={`${percent(used)} of the budget used, ${percent(passed)} of its period passed`}
      >
        <i style={{ width: `${Math.min(1, used) * 100}%` }} />
        <s style={{ left: `${passed * 100}%` }} />
      </div>
      <div class="budget-line small">
        {bad ? (
          <StateLabel tone="bad" icon="triangle">
            {main}
          </StateLabel>
        ) : (
          <span class="muted">{main}</span>
        )}
        <span class="muted nowrap">{aside}</span>
        {reservedUsd > 0 && (
          <span class="muted nowrap budget-reserved">{money(reservedUsd)} reserved by calls in flight</span>
        )}
      </div>
    </li>
  );
}
