import type { WhatIf } from '../../api/index.js';
import { counted, money, percent, wholeCount } from '../formats/formats.js';
import { nameParameters } from '../api/api-path.js';
import { nameText } from '../formats/names.js';
import { NAME_FILTERS, type PageState } from '../state/page-state.js';

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

/** Returns the compared feature; empty for all that the filters select. */
export function chosenFeature({ feature, whatIfFeature }: PageState): string {
  if (feature.length === 0 || feature.includes(whatIfFeature)) return whatIfFeature;
  return feature.length === 1 ? feature[0]! : '';
}

/** Returns the filters as parameters of `api/what-if`, where `model` names the other model and `fromModel` filters. */
export function whatIfFilters(state: PageState): Readonly<Record<string, readonly string[]>> {
  const { model: fromModel, ...names } = nameParameters(state);
  const feature = chosenFeature(state);
  return { ...names, ...(feature !== '' && { feature: [feature] }), fromModel };
}

/** Returns the filters without the feature, which the panel shows itself: `gpt-4o, tenant acme`. */
export function scopeText(state: PageState): string {
  return NAME_FILTERS.filter((of) => of !== 'feature')
    .flatMap((of) => state[of].map((name) => nameText(name, of)))
    .join(', ');
}
