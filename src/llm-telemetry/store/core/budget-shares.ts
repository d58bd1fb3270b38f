import type { BudgetShare, BudgetShareRequest } from '../fleet.js';

/** How long the share of an instance that does not ask again is kept from others. */
export const SHARE_KEPT_MS = 60_000;
/** Smallest share of an instance, as a part of an equal distribution of the limit. */
export const SMALLEST_PART = 1 / 50;
/** Part of the rest that instances hold together, so that there is always something to grant. */
export const HELD_PART = 1 / 2;

/** A budget of one period, and the share of the asking instance, as a database stores them. Units of 10⁻¹² USD. */
export interface StoredBudget {
  readonly spent: number;
  /** `null`: the instance asks for the first time. */
  readonly own: { readonly number: number; readonly granted: number } | null;
  /** Shares of other instances that asked within `SHARE_KEPT_MS`. */
  readonly others: { readonly count: number; readonly granted: number };
}

/** Result of a request: what to store, and the response. */
export interface Allocation {
  readonly spent: number;
  readonly granted: number;
  readonly share: BudgetShare;
}

/**
 * Grants an instance a share of a budget. All shares and what is spent never exceed the limit together, except by calls
 * that cost more than their estimate. Shares shrink with the rest of the budget. Call it while the budget is locked.
 */
export function allocate(
  { limit, number, spent: added, known, wanted }: BudgetShareRequest,
  { spent: before, own, others }: StoredBudget,
): Allocation {
  const isNew = own === null || number > own.number;
  const spent = Math.max(before + (isNew ? added : 0), known);
  const left = Math.max(0, (own?.granted ?? 0) - (isNew ? added : 0));
  const rest = Math.max(0, limit - spent - others.granted);
  const instances = others.count + 1;
  const granted = wanted === 0 ? 0 : Math.min(rest, Math.max(left, sizeOf(limit, rest, wanted, instances)));
  return { spent, granted, share: { granted, spent, free: rest - granted, instances } };
}

function sizeOf(limit: number, rest: number, wanted: number, instances: number): number {
  const fair = Math.floor((rest * HELD_PART) / instances);
  const smallest = Math.floor((limit * SMALLEST_PART) / instances);
  return Math.max(fair, smallest, wanted);
}
