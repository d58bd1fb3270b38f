import type { Pricer } from '../calls/cost.js';

/** The token of an application's `Pricers`; `null`: it is not enabled. */
export const CALL_PRICERS = Symbol('CALL_PRICERS');

/** Two pricers with the same prices. */
export interface Pricers {
  /** Of calls: it says which prices are missing, and closes the file of prices. */
  readonly calls: Pricer;
  /** Of what calls would have cost: nobody has to be told that a price is missing. */
  readonly whatIf: Pricer;
}
