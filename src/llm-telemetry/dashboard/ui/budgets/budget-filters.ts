import type { BudgetStatus } from '../../api/index.js';
import { counted } from '../formats/formats.js';
import { GROUPINGS, type Filters, type Grouping } from '../state/page-state.js';

type Names = Pick<Filters, Grouping>;

/** Returns the budgets that calls of these filters count towards. */
export function budgetsWithin(budgets: readonly BudgetStatus[], filters: Names): readonly BudgetStatus[] {
  const allowed = (chosen: readonly string[], name: string | null): boolean =>
    name === null || chosen.length === 0 || chosen.includes(name);
  return budgets.filter(
    ({ feature, tenant }) => allowed(filters.feature, feature) && allowed(filters.tenant, tenant),
  );
}

/** Explains which filters do not apply and which budgets are hidden; `null` if there is nothing to explain. */
export function filterNote(
  budgets: readonly BudgetStatus[],
  shown: readonly BudgetStatus[],
  filters: Names,
): string | null {
  const hidden = budgets.length - shown.length;
  const others = hidden > 0 ? `${counted(hidden, 'budget')} of other features or tenants` : '';
  if (shown.length === 0) return others ? `No budget applies to these calls. Not shown: ${others}.` : null;
  const ignored = GROUPINGS.filter(
    (grouping) =>
      filters[grouping].length > 0 &&
      !(
        (grouping === 'feature' || grouping === 'tenant') &&
        shown.every((budget) => budget[grouping] !== null)
      ),
  );
  const sentences = [
    ...(ignored.length > 0
      ? [
          `Budgets count all calls of their scope: the ${ignored.length === 1 ? 'filter' : 'filters'} by ${listed(ignored)} ` +
            `${ignored.length === 1 ? 'does' : 'do'} not apply.`,
        ]
      : []),
    ...(others ? [`Not shown: ${others}.`] : []),
  ];
  return sentences.length > 0 ? sentences.join(' ') : null;
}

function listed(names: readonly string[]): string {
  const last = names.at(-1)!;
  return names.length === 1 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
