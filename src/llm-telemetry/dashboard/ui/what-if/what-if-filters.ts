import { nameParameters } from '../api/api-path.js';
import { nameText } from '../formats/names.js';
import { GROUPINGS, type PageState } from '../state/page-state.js';

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
  return GROUPINGS.filter((grouping) => grouping !== 'feature')
    .flatMap((grouping) => state[grouping].map((name) => nameText(name, grouping)))
    .join(', ');
}
