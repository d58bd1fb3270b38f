import { Documentation } from '../components/documentation.js';

/** Text of the hint for services without budgets. */
export function BudgetHintText({ onHide }: { onHide: () => void }) {
  return (
    <p class="budget-hint span-12 muted">
      <span>
        No budgets. The option <code class="mono">budgets</code> limits spend per feature or tenant, with a
        warning or by blocking calls.
      </span>
      <Documentation page="budgets.md" />
      <button class="link" type="button" onClick={onHide}>
        Hide
        <span class="sr"> the hint about budgets</span>
      </button>
    </p>
  );
}
