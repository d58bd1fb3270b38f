import type { WhatIf } from '../../api/index.js';
import { counted, money, percent, wholeCount } from '../formats/formats.js';

/** `−$79.81 (−94%)`, `+$3.20 (+12%)`, `$0`. */
export function differenceText({ spentUsd, differenceUsd }: WhatIf): string {
  if (differenceUsd === 0) return '$0';
  const sign = differenceUsd < 0 ? '−' : '+';
  const amount = `${sign}${money(Math.abs(differenceUsd))}`;
  return spentUsd === 0 ? amount : `${amount} (${sign}${percent(Math.abs(differenceUsd) / spentUsd)})`;
}

/** Of how many calls it is, and why not of the others. */
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
  high: 'It is the model that answered: its own token counts.',
  medium: 'Models of one maker count tokens much alike, but may not count the same.',
  low: 'Another maker’s tokenizer counts the same text differently: a rough figure.',
};
