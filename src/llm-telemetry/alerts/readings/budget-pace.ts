import type { ConfiguredRule } from '../definitions/configured-rules.js';
import { inconclusive, type AlertSources, type Reading } from './reading.js';
import { formatUsd } from '../../units/format.js';

/** Reads the projected spend of each budget. */
export async function readBudgetPace(
  { limit }: ConfiguredRule,
  { budgets }: AlertSources,
  now: number,
): Promise<readonly Reading[]> {
  const paces = budgets === null ? [] : await budgets.paces(now);
  if (paces.length === 0)
    return [
      { names: {}, value: null, limit: null, inconclusive: 'disabled', note: 'No budget is configured.' },
    ];
  return paces.map(({ name, limitUsd, projectedUsd }) => {
    const names = { budget: name };
    if (projectedUsd === null) return inconclusive(names, 'Too early in the period for a projection.');
    return {
      names,
      value: projectedUsd,
      limit: limit * limitUsd,
      inconclusive: null,
      note: `The budget is ${formatUsd(limitUsd)}.`,
    };
  });
}
