/**
 * How much may be spent, on a feature, for a tenant, or in all. Periods begin on the hour, at midnight and on the first of
 * the month, in UTC.
 *
 * @publicApi
 */
export interface Budget {
  /** What calls of this feature cost. A call in another one counts for its own feature alone. */
  readonly feature?: string;
  /** What calls for this tenant cost, as `requestContext` names it. Not together with `feature`. */
  readonly tenant?: string;
  /** USD for each period. */
  readonly usd: number;
  readonly per: BudgetPeriodName;
  /**
   * What happens once it is used up. `warn`: it is logged once for each period, and calls from then on are marked
   * (`llm.budget_exceeded`). `block`: annotated calls also fail with an `LlmBudgetExceededError`, before anything is sent.
   * What already runs goes on, and may spend more. Requests outside of annotated calls are counted, and never refused.
   */
  readonly onExceed: 'warn' | 'block';
}

/** @publicApi */
export type BudgetPeriodName = 'hour' | 'day' | 'month';

const PERIODS: readonly BudgetPeriodName[] = ['hour', 'day', 'month'];
const FIELDS: readonly string[] = ['feature', 'tenant', 'usd', 'per', 'onExceed'] satisfies Array<
  keyof Budget
>;

/** @throws TypeError for budgets that cannot be meant, in one sentence that names the field. */
export function checkBudgets(budgets: readonly Budget[]): readonly Budget[] {
  if (!Array.isArray(budgets)) throw new TypeError('budgets is not a list.');
  const seen = new Set<string>();
  for (const [index, budget] of (budgets as readonly Budget[]).entries()) {
    const problem = problemOf(budget);
    if (problem) throw new TypeError(`budgets[${index}]${problem}`);
    const key = JSON.stringify(FIELDS.slice(0, 4).map((field) => budget[field as keyof Budget] ?? null));
    if (seen.has(key)) throw new TypeError(`budgets[${index}] is there twice.`);
    seen.add(key);
  }
  return budgets;
}

function problemOf(budget: Budget): string | null {
  if (typeof budget !== 'object' || budget === null) return ' is not an object.';
  const { feature, tenant, usd, per, onExceed } = budget;
  const unknown = Object.keys(budget).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) return `.${unknown} is not known. Known are: ${FIELDS.join(', ')}.`;
  for (const [field, name] of Object.entries({ feature, tenant }))
    if (name !== undefined && (typeof name !== 'string' || name === '')) return `.${field} is not a name.`;
  if (feature !== undefined && tenant !== undefined)
    return ' has a feature and a tenant: it is for one of them, or for all calls.';
  if (!(Number.isFinite(usd) && usd > 0)) return `.usd is ${String(usd)}, not a number above 0.`;
  if (!PERIODS.includes(per)) return `.per is none of ${PERIODS.join(', ')}.`;
  if (onExceed !== 'warn' && onExceed !== 'block') return '.onExceed is none of warn, block.';
  return null;
}
