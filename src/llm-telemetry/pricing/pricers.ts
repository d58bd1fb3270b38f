import type { Pricer } from '../calls/cost.js';

/** Injection token of an application's `Pricers`; `null` if the module is disabled. */
export const CALL_PRICERS = Symbol('CALL_PRICERS');

/** Two pricers that share the same prices. */
export interface Pricers {
  /** Prices recorded calls: warns about missing prices and owns the price file. */
  readonly calls: Pricer;
  /** Prices hypothetical calls: does not warn about missing prices. */
  readonly whatIf: Pricer;
}
