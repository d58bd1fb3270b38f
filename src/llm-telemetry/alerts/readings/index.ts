import type { ConfiguredRule } from '../definitions/configured-rules.js';
import type { AlertSources, Reading } from './reading.js';
import { readBudgetPace } from './budget-pace.js';
import { readCalls } from './calls.js';
import { readCostGrowth } from './cost-growth.js';
import { readCount } from './count.js';
import { readSilence } from './silence.js';

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
