import { formatUsd } from '../../units/format.js';
import type { ConfiguredRule } from '../definitions/alert-definitions.js';
import { readCalls, readCount, readSilence } from './call-readings.js';
import { readCostGrowth } from './cost-growth.js';
import { inconclusive, type AlertSources, type Reading } from './reading.js';

/** Reads all instances of a rule at a point in time; always at least one. Rejects if the store does. */
export function readRule(
  rule: ConfiguredRule,
  sources: AlertSources,
  now: number,
): Promise<readonly Reading[]> {
  const { measure } = rule;
  switch (measure.kind) {
    case 'quantile':
    case 'share':
      return readCalls(rule, measure, sources, now);
    case 'count':
    case 'busiest_minute':
      return readCount(rule, measure, sources, now);
    case 'cost_growth':
      return readCostGrowth(rule, measure, sources, now);
    case 'silence':
      return readSilence(rule, sources, now);
    case 'budget_pace':
      return readBudgetPace(rule, sources, now);
  }
}

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
