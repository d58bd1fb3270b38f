import type { WhatIf } from '../../api/index.js';
import { coverageText, differenceText } from './what-if-texts.js';

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
