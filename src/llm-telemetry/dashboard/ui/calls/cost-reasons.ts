import { COST_REASONS } from '../../../calls/cost.js';
import type { CostReasonCode } from '../../api/index.js';

const CODES = Object.keys(COST_REASONS) as CostReasonCode[];

/** Options of the filter by the reason of an unknown cost. The first one stands for all others. */
export const COST_REASON_OPTIONS = [
  ['any', 'Any reason'],
  ...CODES.map((code) => [code, COST_REASONS[code]] as const),
] as const;

export type CostReason = (typeof COST_REASON_OPTIONS)[number][0];

/** Returns the option with a name; `undefined` for an unknown one. */
export function costReasonOf(name: string): CostReason | undefined {
  return COST_REASON_OPTIONS.find(([option]) => option === name)?.[0];
}

/** Returns the text of an option. */
export function costReasonText(reason: CostReason): string {
  return reason === 'any' ? 'Unknown cost' : COST_REASONS[reason];
}

/** Reasons of calls whose usage is known. */
export const UNPRICED_REASONS = CODES.filter((code) => code !== 'missing_usage' && code !== 'no_request');

/** Returns the API parameters of selected options. */
export function costReasonParameters(options: readonly CostReason[]): readonly CostReasonCode[] {
  return options.includes('any') ? CODES : options.flatMap((code) => (code === 'any' ? [] : [code]));
}
