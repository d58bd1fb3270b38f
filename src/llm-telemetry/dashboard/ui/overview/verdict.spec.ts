import { byFeature, summary } from '../../../../../test/dashboard/figures.js';
import { verdictOf, type Sentence } from './verdict.js';

const NOW = { compare: true, moves: true, upTo: null };
const text = (sentence: Sentence): string => sentence.map(({ text }) => text).join('');

const TODAY = summary({ calls: 121_074, costUsd: 184.2 }, { calls: 117_000, costUsd: 140.6 });
const FEATURES = byFeature({
  support_chat: [{ costUsd: 84.93 }, { costUsd: 52.1 }],
  contract_review: [{ costUsd: 62.41 }, { costUsd: 57.8 }],
});

describe('verdict', () => {
  it('states the spend, its change and the largest feature', () => {
    expect(text(verdictOf(TODAY, FEATURES, NOW))).toBe(
      '$184.20 in 24 hours, up 31%. support_chat is 46% of it and 75% of the rise.',
    );
  });

  it('emphasizes the spend and the feature', () => {
    const strong = verdictOf(TODAY, FEATURES, NOW).filter((part) => part.strong);
    expect(strong.map(({ text }) => text)).toEqual(['$184.20', 'support_chat']);
  });

  it.each([{ unpricedCalls: 3214 }, { missingUsageCalls: 4 }])(
    'says “at least” where something is not known',
    (unknown) => {
      expect(text(verdictOf({ ...TODAY, ...unknown }, FEATURES, NOW))).toMatch(/^At least \$184\.20 in/);
    },
  );

  it('omits a change of less than 5 %', () => {
    const calm = summary({ calls: 1, costUsd: 104 }, { calls: 1, costUsd: 100 });
    const features = byFeature({
      a: [{ costUsd: 80 }, { costUsd: 70 }],
      b: [{ costUsd: 24 }, { costUsd: 30 }],
    });
    expect(text(verdictOf(calm, features, NOW))).toBe('$104.00 in 24 hours. a is 77% of it.');
  });

  it('names no share of a decrease, or of a rise without a contribution', () => {
    const fallen = summary({ calls: 1, costUsd: 50 }, { calls: 1, costUsd: 100 });
    const features = byFeature({
      a: [{ costUsd: 30 }, { costUsd: 50 }],
      b: [{ costUsd: 20 }, { costUsd: 50 }],
    });
    expect(text(verdictOf(fallen, features, NOW))).toBe('$50.00 in 24 hours, down 50%. a is 60% of it.');
    const risen = summary({ calls: 1, costUsd: 50 }, { calls: 1, costUsd: 40 });
    const others = byFeature({ a: [{ costUsd: 30 }, { costUsd: 31 }], b: [{ costUsd: 20 }, { costUsd: 9 }] });
    expect(text(verdictOf(risen, others, NOW))).toBe('$50.00 in 24 hours, up 25%. a is 60% of it.');
  });

  it('states “all of the rise” if other features decreased', () => {
    const risen = summary({ calls: 1, costUsd: 50 }, { calls: 1, costUsd: 40 });
    const features = byFeature({
      a: [{ costUsd: 40 }, { costUsd: 25 }],
      b: [{ costUsd: 10 }, { costUsd: 15 }],
    });
    expect(text(verdictOf(risen, features, NOW))).toMatch(/a is 80% of it and all of the rise\.$/);
  });

  it('omits shares with a single feature', () => {
    expect(text(verdictOf(TODAY, byFeature({ support_chat: [{ costUsd: 184.2 }, null] }), NOW))).toBe(
      '$184.20 in 24 hours, up 31%. support_chat is all of it.',
    );
  });

  it('states “all of it” only if the other features cost nothing', () => {
    const features = byFeature({ a: [{ costUsd: 99.9 }, null], b: [{ costUsd: 0.1 }, null] });
    const spent = summary({ calls: 2, costUsd: 100 });
    expect(text(verdictOf(spent, features, NOW))).toBe('$100.00 in 24 hours. a is >99% of it.');
  });

  it('omits the comparison if it is off or without earlier spend', () => {
    const first = summary({ calls: 1, costUsd: 184.2 });
    const expected = '$184.20 in 24 hours. support_chat is 46% of it.';
    expect(text(verdictOf(TODAY, FEATURES, { ...NOW, compare: false }))).toBe(expected);
    expect(text(verdictOf(first, FEATURES, NOW))).toBe(expected);
  });

  it('states the end of outdated data and of a fixed range', () => {
    const local = (at: number): string =>
      new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
    const upTo = TODAY.asOf - 240_000;
    expect(text(verdictOf(TODAY, FEATURES, { ...NOW, upTo }))).toMatch(
      new RegExp(`^\\$184\\.20 in the 24 hours to ${local(upTo)}, up 31%`),
    );
    expect(text(verdictOf(TODAY, FEATURES, { ...NOW, moves: false }))).toContain(
      `in the 24 hours to ${local(TODAY.range.to)}`,
    );
  });

  it('distinguishes unknown cost from no cost', () => {
    const unpriced = summary({ calls: 1204, unpricedCalls: 1204 });
    expect(text(verdictOf(unpriced, byFeature({ a: [{ unpricedCalls: 1204 }, null] }), NOW))).toBe(
      '1,204 calls in 24 hours, all unpriced.',
    );
    expect(
      text(
        verdictOf(
          summary({ calls: 9, unpricedCalls: 4 }),
          byFeature({ a: [{ unpricedCalls: 4 }, null] }),
          NOW,
        ),
      ),
    ).toBe('9 calls in 24 hours, 4 of them unpriced.');
    expect(
      text(verdictOf(summary({ calls: 9, missingUsageCalls: 1 }), byFeature({ a: [{}, null] }), NOW)),
    ).toBe('9 calls in 24 hours, at an unknown cost.');
    expect(text(verdictOf(summary({ calls: 3 }), byFeature({ a: [{ calls: 3 }, null] }), NOW))).toBe(
      '3 calls in 24 hours cost nothing.',
    );
  });
});
