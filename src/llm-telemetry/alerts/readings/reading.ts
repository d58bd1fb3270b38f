import type { AlertNames } from '../definitions/alerts-answer.js';
import type { BudgetPaces } from './budget-paces.js';
import type { CallStore } from '../../store/call-store.js';

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
