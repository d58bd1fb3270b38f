import type { Quality } from '../../api/index.js';
import { counted } from '../formats/formats.js';

/** Describes the spend if it is not a lower bound. Only billed calls have a price and usage. */
export function completeText({ billedCalls }: Pick<Quality, 'billedCalls'>): string {
  if (billedCalls === 0) return 'No call was billed.';
  return billedCalls === 1
    ? 'The billed call has a price and usage.'
    : `All ${counted(billedCalls, 'billed call')} have a price and usage.`;
}
