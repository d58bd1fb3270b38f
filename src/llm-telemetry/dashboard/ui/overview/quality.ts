import type { Quality } from '../../api/index.js';
import { counted } from '../formats/formats.js';

/** What is known of the spend where it is no lower bound: only calls that were billed have a price and a usage. */
export function completeText({ billedCalls }: Pick<Quality, 'billedCalls'>): string {
  if (billedCalls === 0) return 'No call was billed.';
  return billedCalls === 1
    ? 'The billed call has a price and a usage.'
    : `All ${counted(billedCalls, 'billed call')} have a price and a usage.`;
}
