import type { ConfiguredRule } from '../definitions/configured-rules.js';
import { untold, type AlertSources, type Reading } from './reading.js';
import { usdWords } from '../definitions/words.js';

/** What each budget will have been used up to at its present pace. */
export async function readBudgetPace(
  { limit }: ConfiguredRule,
  { budgets }: AlertSources,
  now: number,
): Promise<readonly Reading[]> {
  const paces = budgets === null ? [] : await budgets.paces(now);
  if (paces.length === 0)
    return [{ names: {}, value: null, limit: null, untold: 'disabled', note: 'There is no budget.' }];
  return paces.map(({ name, limitUsd, projectedUsd }) => {
    const names = { budget: name };
    if (projectedUsd === null) return untold(names, 'Too little of its period has passed to tell.');
    return {
      names,
      value: projectedUsd,
      limit: limit * limitUsd,
      untold: null,
      note: `The budget is ${usdWords(limitUsd)}.`,
    };
  });
}
