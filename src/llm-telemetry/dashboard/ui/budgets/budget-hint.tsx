import { useState } from 'preact/hooks';
import type { BudgetsResponse } from '../../api/index.js';
import { useApi } from '../api/use-api.js';
import { lazy } from '../components/lazy.js';
import { useClock } from '../state/clock.js';
import { keep, kept } from '../state/theme.js';

const BudgetHintText = lazy(() => import('./budget-hint-text.js').then((module) => module.BudgetHintText));

const KEY = 'llm-telemetry.budget-hint';

/** Hint for services without budgets, until it is hidden in this browser. */
export function BudgetHint() {
  const { now } = useClock();
  const [hidden, setHidden] = useState(() => kept(KEY) === 'hidden');
  const { data } = useApi<BudgetsResponse>(hidden ? null : 'budgets', now);
  if (hidden || !data || data.budgets.length > 0) return null;
  const hide = (): void => {
    keep(KEY, 'hidden');
    setHidden(true);
  };
  return <BudgetHintText onHide={hide} />;
}
