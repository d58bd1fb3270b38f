import { PATH } from '../validation/problems.js';
import {
  checked,
  listOf,
  number,
  objectOf,
  oneOf,
  optional,
  text,
  type CheckFailure,
} from '../validation/schema.js';
import { boundedName } from '../text/bounded-name.js';
import { PERIODS, type Budget } from './budget.options.js';

const budgetSchema = checked<Budget>(
  objectOf<Budget>(
    {
      feature: optional(text('the name of a feature')),
      tenant: optional(text('the name of a tenant')),
      usd: number('a positive number', (usd) => usd > 0),
      per: oneOf(PERIODS),
      onExceed: oneOf(['warn', 'block']),
      estimateUsd: optional(number('a positive number', (usd) => usd > 0)),
      whenAway: optional(oneOf(['admit', 'refuse'])),
    },
    'an object such as { usd: 100, per: "day", onExceed: "warn" }',
  ),
  ({ feature, tenant }) =>
    feature !== undefined && tenant !== undefined
      ? [{ message: `${PATH} must have a feature or a tenant, not both. Leave out both to cover all calls.` }]
      : [],
);

export const budgetsSchema = checked<readonly Budget[]>(listOf(budgetSchema, 'a list of budgets'), repeated);

/** Rejects repeated budgets, which would be one budget with two states. */
function repeated(budgets: readonly Budget[]): readonly CheckFailure[] {
  const seen = new Map<string, number>();
  return budgets.flatMap(({ feature, tenant, usd, per }, index) => {
    const key = JSON.stringify([feature && boundedName(feature), tenant && boundedName(tenant), usd, per]);
    const first = seen.get(key);
    seen.set(key, first ?? index);
    return first === undefined
      ? []
      : [{ at: [index], message: `${PATH} repeats budgets[${first}]. Remove one of them.` }];
  });
}
