import { nameParameters } from '../api/questions.js';
import { nameText } from '../formats/names.js';
import { GROUPINGS, type PageState } from '../state/page-state.js';

/** The feature that is compared alone; empty: all that the filters allow. */
export function chosenFeature({ feature, whatIfFeature }: PageState): string {
  if (feature.length === 0 || feature.includes(whatIfFeature)) return whatIfFeature;
  return feature.length === 1 ? feature[0]! : '';
}

/** The page's filters as parameters of `api/what-if`, in which `model` is the other model: here it is `fromModel`. */
export function whatIfFilters(state: PageState): Readonly<Record<string, readonly string[]>> {
  const { model: fromModel, ...names } = nameParameters(state);
  const feature = chosenFeature(state);
  return { ...names, ...(feature !== '' && { feature: [feature] }), fromModel };
}

/** The filters besides the feature, which the panel shows itself: `gpt-4o, tenant acme`. */
export function scopeText(state: PageState): string {
  return GROUPINGS.filter((grouping) => grouping !== 'feature')
    .flatMap((grouping) => state[grouping].map((name) => nameText(name, grouping)))
    .join(', ');
}
