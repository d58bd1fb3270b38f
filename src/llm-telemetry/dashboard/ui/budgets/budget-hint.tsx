import { useState } from 'preact/hooks';
import type { BudgetsResponse } from '../../api/index.js';
import { useApi } from '../api/use-api.js';
import { useClock } from '../state/clock.js';
import { keep, kept } from '../state/theme.js';

const KEY = 'llm-telemetry.budget-hint';

/** Hint for services without budgets, until it is hidden in this browser. */
export function BudgetHint() {
  const { now } = useClock();
  const [hidden, setHidden] = useState(() => kept(KEY) === 'hidden');
  const { data } = useApi<BudgetsResponse>(hidden ? null : 'budgets', now);
  if (hidden || !data || data.budgets.length > 0) return null;
  return (
    <p class="budget-hint span-12 muted">
      <span>
        No budgets. The option <code class="mono">budgets</code> limits spend per feature or tenant, with a
        warning or by blocking calls.
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

/** Returns the URL of a documentation page. */
export function docsUrl(page: string): string {
  return `https://github.com/nestjs-llm-telemetry/nestjs-llm-telemetry/blob/main/docs/${page}`;
}
