import type { Status } from '../../api/index.js';
import { DAY } from '../../../units/time.js';

/** Days after which the price table is marked as old. */
export const MAX_PRICE_AGE = 60;

/** Returns the age of the price table in whole days; `null` if it is unknown. */
export function ageOfPrices({ prices, asOf }: Pick<Status, 'prices' | 'asOf'>): number | null {
  if (prices.tableDate === null) return null;
  const from = Date.parse(prices.tableDate);
  return Number.isNaN(from) ? null : Math.max(0, Math.floor((asOf - from) / DAY));
}
