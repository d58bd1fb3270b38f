import { useState } from 'preact/hooks';
import type { BudgetsAnswer } from '../../api/index.js';
import { useAnswer } from '../api/use-answer.js';
import { useClock } from '../state/clock.js';
import { docsUrl } from '../state/docs-url.js';
import { keep, kept } from '../state/local-choice.js';

const KEY = 'llm-telemetry.budget-hint';

/** One line for services without budgets, until it is hidden in this browser. */
export function BudgetHint() {
  const { now } = useClock();
  const [hidden, setHidden] = useState(() => kept(KEY) === 'hidden');
  const { data } = useAnswer<BudgetsAnswer>(hidden ? null : 'budgets', now);
  if (hidden || !data || data.budgets.length > 0) return null;
  return (
    <p class="budget-hint span-12 muted">
      <span>
        No budgets. The option <code class="mono">budgets</code> warns about spend, or stops it, per feature
        or tenant.
      </span>
      <a class="link" href={docsUrl('budgets.md')} target="_blank" rel="noreferrer">
        Documentation <span aria-hidden="true">↗</span>
      </a>
      <button
        class="link"
        type="button"
        onClick={() => {
          keep(KEY, 'hidden');
          setHidden(true);
        }}
      >
        Hide
        <span class="sr"> the hint about budgets</span>
      </button>
    </p>
  );
}
