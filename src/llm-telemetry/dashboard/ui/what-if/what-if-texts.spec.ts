import type { WhatIf } from '../../api/index.js';
import { coverageText, differenceText, chosenFeature, scopeText, whatIfFilters } from './what-if-texts.js';
import { DEFAULT_STATE } from '../state/page-state.js';

const whatIf = (differences: Partial<WhatIf> = {}): WhatIf => ({
  range: { from: 0, to: 1 },
  asOf: 1,
  feature: 'support_chat',
  model: 'gpt-4o-mini',
  provider: 'openai',
  calls: 21_480,
  readCalls: 21_480,
  repricedCalls: 21_384,
  spentUsd: 84.93,
  wouldBeUsd: 5.12,
  differenceUsd: -79.81,
  notRepriced: [{ reason: 'no usage', calls: 96 }],
  estimatedCalls: 0,
  confidence: 'medium',
  ...differences,
});

it.each<[Partial<WhatIf>, string]>([
  [{}, '−$79.81 (−94%)'],
  [{ spentUsd: 10, differenceUsd: 1.2 }, '+$1.20 (+12%)'],
  [{ differenceUsd: 0 }, '$0'],
  [{ spentUsd: 0, differenceUsd: 1.2 }, '+$1.20'],
])('shows the sign of a difference in both values: %j', (differences, text) => {
  expect(differenceText(whatIf(differences))).toBe(text);
});

it('states how many calls were repriced, and why others were not', () => {
  expect(coverageText(whatIf())).toBe('21,384 of 21,480 calls can be repriced; 96 cannot: no usage.');
  expect(coverageText(whatIf({ readCalls: 2000, repricedCalls: 2000, notRepriced: [] }))).toBe(
    'The latest 2,000 of 21,480 calls: 2,000 of 2,000 calls can be repriced.',
  );
});

describe('filters of the What-if panel', () => {
  it('sends every filter, with the model filter as fromModel', () => {
    const state = { ...DEFAULT_STATE, feature: ['a', 'b'], model: ['gpt-4o'], tenant: ['acme'] };
    expect(whatIfFilters(state)).toMatchObject({
      feature: ['a', 'b'],
      operation: [],
      fromModel: ['gpt-4o'],
      tenant: ['acme'],
    });
    expect(scopeText(state)).toBe('gpt-4o, acme');
  });

  it('compares the selected feature if the filters allow it', () => {
    const state = { ...DEFAULT_STATE, whatIfFeature: 'b' };
    expect(chosenFeature(state)).toBe('b');
    expect(chosenFeature({ ...state, feature: ['a', 'b'] })).toBe('b');
    expect(chosenFeature({ ...state, feature: ['a', 'c'] })).toBe('');
    expect(chosenFeature({ ...state, feature: ['a'] })).toBe('a');
  });
});
