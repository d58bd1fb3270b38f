import type { WhatIf } from '../../api/index.js';
import { counted, money, percent, wholeCount } from '../formats/formats.js';

/** `−$79.81 (−94%)`, `+$3.20 (+12%)`, `$0`. */
export function differenceText({ spentUsd, differenceUsd }: WhatIf): string {
  if (differenceUsd === 0) return '$0';
  const sign = differenceUsd < 0 ? '−' : '+';
  const amount = `${sign}${money(Math.abs(differenceUsd))}`;
  return spentUsd === 0 ? amount : `${amount} (${sign}${percent(Math.abs(differenceUsd) / spentUsd)})`;
}

/** Describes how many calls could be repriced, and why others could not. */
export function coverageText({ calls, readCalls, repricedCalls, notRepriced }: WhatIf): string {
  const read = readCalls < calls ? `The latest ${wholeCount(readCalls)} of ${counted(calls, 'call')}: ` : '';
  const all = `${wholeCount(repricedCalls)} of ${counted(readCalls, 'call')} can be repriced`;
  const rest = notRepriced
    .slice(0, 3)
    .map(({ reason, calls }) => `; ${wholeCount(calls)} cannot: ${reason}`)
    .join('');
  return `${read}${all}${rest}.`;
}

export const CONFIDENCE_TEXTS: Readonly<Record<WhatIf['confidence'], string>> = {
  high: 'Same model: exact token counts.',
  medium: 'Models of one vendor count tokens similarly, but not identically.',
  low: 'Another vendor’s tokenizer counts the same text differently: rough estimate.',
};
