import type { BudgetStatus } from '../../api/index.js';
import { clockTime, day, money, percent, wholeCount, counted } from '../formats/formats.js';
import { NAME_FILTERS, type Filters, type NameFilter } from '../state/page-state.js';

/** Returns the scope of a budget: a feature, a tenant or all calls. */
export function scopeOf({ feature, tenant }: BudgetStatus): string {
  return feature ?? (tenant === null ? 'All calls' : `Tenant ${tenant}`);
}

/** Formats the period of a budget, in UTC: `November`, `24 Nov UTC`, `14:00 UTC`. */
export function periodOf({ per, period }: BudgetStatus): string {
  const from = new Date(period.from);
  if (per === 'hour') return `${String(from.getUTCHours()).padStart(2, '0')}:00 UTC`;
  const month = from.toLocaleString('en-US', { month: per === 'month' ? 'long' : 'short', timeZone: 'UTC' });
  return per === 'month' ? month : `${from.getUTCDate()} ${month} UTC`;
}

/** Returns the elapsed share of the period, from 0 to 1. */
export function passedOf({ period }: BudgetStatus, now: number): number {
  return Math.min(1, Math.max(0, (now - period.from) / (period.to - period.from)));
}

export interface Outlook {
  readonly bad: boolean;
  /** The projection, or when the budget was used up. */
  readonly main: string;
  /** Secondary detail; may be empty. */
  readonly aside: string;
}

/** Projects the spend of a budget. */
export function outlookOf(budget: BudgetStatus): Outlook {
  const { exceeded, projectedUsd, usedUpAt, limitUsd, onExceed } = budget;
  const pace = projectedUsd === null ? '' : `on pace for ${roughly(projectedUsd)}`;
  if (exceeded) {
    const since = usedUpAt === null ? '' : ` since ${momentOf(budget, usedUpAt)}`;
    return { bad: true, main: `Used up${since}`, aside: onExceed === 'block' ? 'calls are refused' : pace };
  }
  if (projectedUsd === null) return { bad: false, main: 'Too early to project', aside: '' };
  if (usedUpAt !== null) {
    const preposition = budget.per === 'month' ? 'on' : 'at';
    return { bad: true, main: `Used up ${preposition} ${momentOf(budget, usedUpAt)}`, aside: pace };
  }
  return {
    bad: false,
    main: `On pace for ${roughly(projectedUsd)}`,
    aside: `${percent(Math.max(0, 1 - projectedUsd / limitUsd))} under`,
  };
}

/** Summarizes all budgets. */
export function findingOf(budgets: readonly BudgetStatus[]): string {
  const usedUp = budgets.filter(({ exceeded }) => exceeded).length;
  const going = budgets.filter((budget) => !budget.exceeded && outlookOf(budget).bad).length;
  const of = `of ${budgets.length}`;
  if (usedUp > 0) return `${usedUp} ${of} ${usedUp === 1 ? 'is' : 'are'} used up`;
  if (going > 0) return `${going} ${of} will be used up at this pace`;
  return budgets.length === 1 ? 'Within budget' : 'All within budget';
}

/** Rounds projections of $100 and more to dollars. */
function roughly(usd: number): string {
  return usd < 100 ? money(usd) : `$${wholeCount(usd)}`;
}

function momentOf({ per }: BudgetStatus, at: number): string {
  return per === 'month' ? day(at) : clockTime(at);
}

type Names = Pick<Filters, NameFilter>;

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
  const ignored = NAME_FILTERS.filter(
    (name) =>
      filters[name].length > 0 &&
      !((name === 'feature' || name === 'tenant') && shown.every((budget) => budget[name] !== null)),
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
