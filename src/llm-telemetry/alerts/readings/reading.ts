import type { CallStore } from '../../store/call-store.js';
import type { MeasuredGroup, TimeRange } from '../../store/measures.js';
import { formatPeriod } from '../../units/format.js';
import type { ConfiguredRule } from '../definitions/alert-definitions.js';
import type { AlertNames } from '../definitions/alert.js';

/** Value and limit of one alert instance at a point in time. */
export interface Reading {
  readonly names: AlertNames;
  /** In the unit of the alert; `null`: no value. */
  readonly value: number | null;
  /** `null`: unknown. */
  readonly limit: number | null;
  /** Why the reading cannot be compared with the limit; `null`: it can. */
  readonly inconclusive: 'insufficient_data' | 'disabled' | null;
  /** Reason or additional information, as text. */
  readonly note: string | null;
}

/** Sources of readings. */
export interface AlertSources {
  readonly store: Pick<CallStore, 'measure'>;
  /** `null`: no budgets are configured. */
  readonly budgets: BudgetPaces | null;
}

/** Creates a reading that cannot be compared with a limit, because there is too little data. */
export function inconclusive(names: AlertNames, note: string, value: number | null = null): Reading {
  return { names, value, limit: null, inconclusive: 'insufficient_data', note };
}

/** Source of projected spend for `budget_burn`, implemented by budgets. */
export interface BudgetPaces {
  /** Returns the projected spend of every budget. */
  paces(now: number): Promise<readonly BudgetPace[]>;
}

/** Projected spend of one budget. */
export interface BudgetPace {
  readonly name: string;
  /** USD allowed in the period. */
  readonly limitUsd: number;
  /** Projected USD at the end of the period; `null`: too early in the period. */
  readonly projectedUsd: number | null;
}

/** Returns the window of an alert. The store widens it to whole minutes and includes the running one. */
export function windowOf({ windowMs }: ConfiguredRule, now: number): TimeRange {
  return { from: now - windowMs, to: now };
}

export function moved({ from, to }: TimeRange, byMs: number): TimeRange {
  return { from: from + byMs, to: to + byMs };
}

/** Returns the limit of an instance, or that of its feature; `null`: disabled for the feature. */
export function limitFor(rule: ConfiguredRule, names: AlertNames): number | null {
  const own = typeof names.feature === 'string' ? rule.features.get(names.feature) : undefined;
  return own === false ? null : (own ?? rule.limit);
}

/** Returns a reading for each group, or one without names if there are no groups. */
export function readingsOf(
  rule: ConfiguredRule,
  groups: readonly MeasuredGroup[],
  read: (group: MeasuredGroup, limit: number) => Reading,
): readonly Reading[] {
  if (groups.length === 0) return [inconclusive({}, `No calls in ${formatPeriod(rule.windowMs)}.`)];
  return groups.map((group) => {
    const limit = limitFor(rule, group.names);
    return limit === null ? unwatched(group.names) : read(group, limit);
  });
}

function unwatched(names: AlertNames): Reading {
  return { names, value: null, limit: null, inconclusive: 'disabled', note: 'Disabled for this feature.' };
}
