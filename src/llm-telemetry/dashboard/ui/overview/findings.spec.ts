import fc from 'fast-check';
import { byFeature, summary, measures } from '../../../../../test/dashboard/measures.js';
import {
  verdictOf,
  durationFinding,
  completeText,
  truncationFinding,
  type Sentence,
  type DurationRow,
} from './findings.js';
import type { AlertRule, AlertsResponse, AlertState, Breakdown } from '../../api/index.js';
import { calmState } from '../alerts/alert-state.js';
import { duration, percent } from '../formats/formats.js';
import { NO_FILTERS } from '../state/page-state.js';
import { alertFinding } from './alert-texts.js';
import { blameOf, colorsOf } from './blame.js';
import { kpiOf } from './kpis.js';

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
    'states “at least” if a cost or usage is unknown',
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

  it('omits the share of a decrease, and of a rise without a contribution', () => {
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

const NOON = Date.UTC(2026, 10, 24, 12);
const share = fc.double({ min: 0, max: 1, noNaN: true });
const usd = fc.double({ min: 0, max: 1e5, noNaN: true });

/** Models with some calls, of which some were truncated. */
const models = fc
  .array(fc.record({ calls: fc.integer({ min: 1, max: 500 }), part: share }), { maxLength: 5 })
  .map((all): Breakdown => {
    const counts = all.map(({ calls, part }) => ({ calls, truncated: Math.floor(calls * part) }));
    const groups = byFeature(
      Object.fromEntries(counts.map((count, index) => [`m${index}`, [count, null]])),
    ).groups;
    return {
      ...byFeature({}),
      by: ['model'],
      total: measures({ calls: counts.reduce((sum, { calls }) => sum + calls, 0) }),
      groups: groups.map((group) => ({ ...group, names: { model: group.names.feature! } })),
    };
  });

const STATES: readonly AlertState[] = ['ok', 'pending', 'firing', 'resolved', 'insufficient_data'];
const rules = fc
  .array(fc.record({ state: fc.constantFrom(...STATES), value: share }), { minLength: 1, maxLength: 4 })
  .map((all): AlertRule => ({
    name: 'truncation_spike',
    severity: 'warning',
    state: STATES.find((state) => all.some((one) => one.state === state))!,
    condition: '',
    unit: 'ratio',
    limit: 0.05,
    fires: 'above',
    windowMs: 900_000,
    forMs: 300_000,
    instances: all.map(({ state, value }, index) => ({
      state,
      names: { model: `m${index}` },
      // Like the evaluator: firing and pending alerts are beyond their limit.
      value: state === 'firing' || state === 'pending' ? 0.0500001 + value * 0.9 : value * 0.05,
      limit: 0.05,
      since: NOON - 60_000,
      lastFiredAt: null,
      sentence: '',
      note: null,
    })),
  }));

describe('findings agree with the displayed values', () => {
  it('truncation: names the model with the highest share, if there is one', () => {
    fc.assert(
      fc.property(models, (breakdown) => {
        const text = truncationFinding(breakdown, 0.05);
        const shares = breakdown.groups.map(({ measures: { truncated, calls } }) => truncated / calls);
        const greatest = Math.max(0, ...shares);
        const expected = greatest === 0 ? 'No call was truncated' : `(${percent(greatest)})`;
        expect(text).toContain(breakdown.total.calls === 0 ? 'No calls' : expected);
        const [, truncated = '0', calls = '1', model = ''] =
          /^([\d,]+) of ([\d,]+) calls? to (m\d) truncated/.exec(text) ?? [];
        expect(Number(truncated) / Number(calls)).toBe(greatest);
        expect(shares[Number(model.slice(1))] ?? 0).toBe(greatest);
      }),
    );
  });

  it('alerts: a panel shows the firing or pending alert with its value and limit', () => {
    fc.assert(
      fc.property(rules, (rule) => {
        const open = rule.instances.filter(({ state }) => state === 'firing' || state === 'pending');
        const text = alertFinding(rule, NOON, NO_FILTERS);
        expect(text === null).toBe(open.length === 0);
        const [, value = NaN, limit = NaN] =
          /is at ([\d.]+)%, above its limit of ([\d.]+)%/.exec(text ?? 'is at 1%, above its limit of 0%') ??
          [];
        expect(Number(value)).toBeGreaterThan(Number(limit));
        expect((text ?? '').includes('other')).toBe(open.length > 1);
      }),
    );
  });

  // jotamotk/trash_test#1268: a dashboard reported no problems when it had no data.
  it('alerts: “All OK” requires that all alerts were evaluated', () => {
    fc.assert(
      fc.property(rules, (rule) => {
        const response: AlertsResponse = {
          evaluatedAt: NOON,
          alerts: [rule],
          lastFiredAt: null,
          firings: [],
        };
        const all = rule.instances.every(({ state }) => state !== 'insufficient_data');
        expect(calmState(response).text === 'All OK').toBe(all);
      }),
    );
  });

  it('durations: “within” if every P99 is within its limit, else “above” with a count', () => {
    const rows = fc.array(
      fc.record({ p99: fc.integer({ min: 1, max: 60_000 }), limit: fc.constantFrom(5000, 10_000, 30_000) }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(rows, (all) => {
        const drawn = all.map(({ p99, limit }, index): DurationRow => ({
          operation: `o${index}`,
          feature: 'f',
          p50: 1,
          p99,
          limit,
        }));
        const text = durationFinding(drawn);
        const over = all.filter(({ p99, limit }) => p99 > limit).length;
        expect(text.includes('within')).toBe(over === 0);
        const [, closest] = /(o\d+)/.exec(text) ?? [];
        const worst = Math.max(...all.map(({ p99, limit }) => p99 / limit));
        const named = drawn.find(({ operation }) => operation === closest)!;
        expect(named.p99 / named.limit!).toBe(worst);
        const above = over === 1 ? 'is above its limit' : `P99 of ${over} operations is above`;
        expect(text).toContain(over === 0 ? duration(named.p99) : above);
      }),
    );
  });

  it('blame: “all” means 100%, and the share covers the rows above the line', () => {
    fc.assert(
      fc.property(fc.array(usd, { minLength: 1, maxLength: 6 }), (costs) => {
        const breakdown = byFeature(
          Object.fromEntries(costs.map((costUsd, index) => [`f${index}`, [{ costUsd, calls: 1 }, null]])),
        );
        const { title, cut, rows } = blameOf(
          breakdown,
          'feature',
          kpiOf('spend'),
          colorsOf(breakdown, 'feature'),
          true,
        );
        const total = costs.reduce((sum, cost) => sum + cost, 0);
        const few = Number(/^(\d) of/.exec(title)?.[1] ?? 0);
        const made = rows.slice(0, few).reduce((sum, { share }) => sum + share!, 0);
        const text = made > 1 - 1e-9 ? 'all spend' : `${percent(made)} of spend`;
        const one = total === 0 ? /^Spend by feature$/ : /^All spend comes from|makes [\d.%>]+ of spend$/;
        expect(title).toMatch(few === 0 ? one : new RegExp(`makes? ${text}$`));
        expect(cut?.after ?? few - 1).toBe(few - 1);
      }),
    );
  });

  it('verdict: the share of the named feature is that of its cost', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1e5, noNaN: true }), share, (cost, part) => {
        const own = cost * (0.5 + part / 2);
        const features = byFeature({ a: [{ costUsd: own }, null], b: [{ costUsd: cost - own }, null] });
        const text = verdictOf(summary({ calls: 2, costUsd: cost }), features, {
          compare: true,
          moves: true,
          upTo: null,
        })
          .map((one) => one.text)
          .join('');
        expect(text).toContain(
          own / cost > 1 - 1e-9 ? 'a is all of it' : `a is ${percent(own / cost)} of it`,
        );
      }),
    );
  });

  it('quality: counts billed calls only', () => {
    expect(completeText({ billedCalls: 0 })).toBe('No call was billed.');
    expect(completeText({ billedCalls: 1 })).toBe('The billed call has a price and usage.');
    expect(completeText({ billedCalls: 793 })).toBe('All 793 billed calls have a price and usage.');
  });

  it('percentages: 0% and 100% are exact', () => {
    fc.assert(
      fc.property(share, (ratio) => {
        expect(percent(ratio) === '0%').toBe(ratio === 0);
        expect(percent(ratio) === '100%').toBe(ratio > 1 - 1e-9);
      }),
    );
  });
});
