import { byFeature } from '../../../../../test/dashboard/measures.js';
import type { Breakdown } from '../../api/index.js';
import { blameOf, colorsOf, type Blame } from './blame.js';
import { kpiOf } from './kpis.js';

const SPEND = kpiOf('spend');
const FEATURES = byFeature({
  support_chat: [{ costUsd: 50 }, { costUsd: 40 }],
  contract_review: [{ costUsd: 32 }, { costUsd: 32 }],
  ticket_routing: [{ costUsd: 13, unpricedCalls: 2 }, null],
  search_answers: [{ costUsd: 5 }, { costUsd: 10 }],
});

const blame = (breakdown: Breakdown, kpi = SPEND, unfiltered = breakdown): Blame =>
  blameOf(breakdown, 'feature', kpi, colorsOf(unfiltered, 'feature'), true);

describe('blame list', () => {
  it('stacks shares up to the total', () => {
    const { rows } = blame(FEATURES);
    expect(rows.map(({ label, value, change }) => [label, value, change])).toEqual([
      ['support_chat', '$50.00', '↑ 25%'],
      ['contract_review', '$32.00', '±0%'],
      ['ticket_routing', '$13.00', 'new'],
      ['search_answers', '$5.00', '↓ 50%'],
    ]);
    const starts = rows.map(({ bar }) => bar!.start);
    expect(starts).toEqual([0, 0.5, 0.82, 0.95].map((start) => expect.closeTo(start)));
  });

  it('names the groups that make up 80% and draws the cut line below them', () => {
    const { title, cut } = blame(FEATURES);
    expect(title).toBe('2 of 4 features make 82% of known spend');
    expect(cut).toEqual({ after: 1, text: '82% of known spend is above this line' });
  });

  it('shows “all” if the others have no share, and compares only with a period that has calls', () => {
    const { title, hasChanges } = blame(
      byFeature({ a: [{ truncated: 3, calls: 9 }, null], b: [{ calls: 9 }, null] }),
      kpiOf('truncated'),
    );
    expect(title).toBe('1 of 2 features makes all truncated calls');
    expect(hasChanges).toBe(false);
  });

  it('lists the exact names of a model with their values', () => {
    const [first, second] = byFeature({
      x: [{ costUsd: 9, calls: 3 }, null],
      y: [{ costUsd: 1, calls: 1 }, null],
    }).groups;
    const models: Breakdown = {
      ...FEATURES,
      by: ['model'],
      groups: [
        {
          names: { model: 'gpt-4o-mini' },
          measures: first!.measures,
          before: null,
          versions: [
            { model: 'gpt-4o-mini-2024-07-18', measures: first!.measures },
            { model: 'gpt-4o-mini', measures: second!.measures },
          ],
        },
        {
          names: { model: 'o3' },
          measures: second!.measures,
          before: null,
          versions: [{ model: 'o3', measures: second!.measures }],
        },
      ],
    };
    const { rows } = blameOf(models, 'model', SPEND, colorsOf(models, 'model'), true);
    expect(rows.map(({ label, versions }) => [label, versions])).toEqual([
      [
        'gpt-4o-mini',
        [
          { name: 'gpt-4o-mini-2024-07-18', value: '$9.00' },
          { name: 'gpt-4o-mini', value: '$1.00' },
        ],
      ],
      ['o3', []],
    ]);
  });

  it('names the first group if all groups are needed to reach 80%', () => {
    const { title, cut } = blame(byFeature({ a: [{ costUsd: 6 }, null], b: [{ costUsd: 4 }, null] }));
    expect(title).toBe('a makes 60% of spend');
    expect(cut).toBeNull();
  });

  it('distinguishes lower bounds from unknown amounts', () => {
    const { rows } = blame(
      byFeature({
        a: [{ costUsd: 9 }, null],
        b: [{ costUsd: 1, unpricedCalls: 1 }, null],
        c: [{ unpricedCalls: 7 }, null],
      }),
    );
    expect(rows.map(({ lowerBound }) => lowerBound)).toEqual([false, true, false]);
    expect(rows[2]).toMatchObject({ unpriced: true, value: null, share: null, bar: null, change: null });
  });

  it('ranks by the selected measure and keeps colors in the order of spend', () => {
    const features = byFeature({
      dear: [{ costUsd: 9, calls: 1 }, null],
      busy: [{ costUsd: 1, calls: 99 }, null],
    });
    const { rows, title } = blame(features, kpiOf('calls'));
    expect(rows.map(({ label, color }) => [label, color])).toEqual([
      ['busy', 2],
      ['dear', 1],
    ]);
    expect(title).toBe('1 of 2 features makes 99% of calls');
  });

  it('keeps the color of a filtered feature', () => {
    const only = byFeature({ search_answers: [{ costUsd: 5 }, null] });
    expect(blame(only, SPEND, FEATURES).rows[0]!.color).toBe(4);
  });

  it('sums up groups without a color', () => {
    const nine = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [`f${index}`, [{ costUsd: 90 - index * 10 }, null] as const]),
    );
    const { rows, title } = blame(byFeature(nine));
    expect(rows).toHaveLength(7);
    expect(rows.at(-1)).toMatchObject({
      name: null,
      label: '3 others',
      color: 0,
      value: '$60.00',
      change: null,
    });
    expect(title).toBe('6 of 9 features make 87% of spend');
  });

  it('omits the shares of measures that cannot be added', () => {
    const quantiles = (p99: number) => ({ count: 9, p50: 1, p90: 1, p95: 1, p99, max: p99 });
    const features = byFeature({
      quick: [{ costUsd: 9, duration: quantiles(1000) }, null],
      slow: [{ costUsd: 1, duration: quantiles(4000) }, { duration: quantiles(2000) }],
    });
    const { rows, title, hasShares } = blame(features, kpiOf('duration'));
    expect(hasShares).toBe(false);
    expect(title).toBe('slow has the longest duration, P99');
    expect(rows.map(({ value, change, bar }) => [value, change, bar])).toEqual([
      ['4.00 s', '↑ 100%', { start: 0, length: 1 }],
      ['1.00 s', 'new', { start: 0, length: 0.25 }],
    ]);
  });
});
