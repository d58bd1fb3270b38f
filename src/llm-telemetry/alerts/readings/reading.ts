import type { AlertNames } from '../definitions/alerts-answer.js';
import type { BudgetPaces } from './budget-paces.js';
import type { CallStore } from '../../store/call-store.js';

/** What the store says of one instance of an alert at a moment. */
export interface Reading {
  readonly names: AlertNames;
  /** In the alert's unit; `null`: there is none. */
  readonly value: number | null;
  /** `null`: it is not known. */
  readonly limit: number | null;
  /** Why it cannot be told whether the alert should fire; `null`: it can. */
  readonly untold: 'insufficient_data' | 'disabled' | null;
  /** For people: why not, or what is to be known besides. */
  readonly note: string | null;
}

/** Where readings come from. */
export interface AlertSources {
  readonly store: Pick<CallStore, 'measure'>;
  /** `null`: there are no budgets. */
  readonly budgets: BudgetPaces | null;
}

/** A reading that says only why there is none. */
export function untold(names: AlertNames, note: string, value: number | null = null): Reading {
  return { names, value, limit: null, untold: 'insufficient_data', note };
}
