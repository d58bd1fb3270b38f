import fc from 'fast-check';
import { configuredRules } from './definitions/configured-rules.js';
import type { Reading } from './readings/reading.js';
import { RuleInstances } from './rule-instances.js';
import { MINUTE } from '../units/time.js';

const ERROR_RATIO = configuredRules({}).find(({ name }) => name === 'error_ratio')!;

const reading = (feature: string, value: number): Reading => ({
  names: { feature },
  value,
  limit: 0.05,
  inconclusive: null,
  note: null,
});

describe('instances of a rule', () => {
  it('notify each start and each end of firing once, alternately', () => {
    const minute = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(0, 0.05, 0.2, 1));
    fc.assert(
      fc.property(fc.array(minute, { maxLength: 80 }), (minutes) => {
        const instances = new RuleInstances(ERROR_RATIO);
        const notified = new Map<string, string[]>();
        minutes.forEach((values, n) => {
          const readings = Object.entries(values).map(([feature, value]) => reading(feature, value));
          for (const { alert } of instances.apply(readings, n * MINUTE))
            if (alert) notified.set(alert.key, [...(notified.get(alert.key) ?? []), alert.state]);
        });
        for (const states of notified.values())
          expect(states).toEqual(states.map((_, n) => (n % 2 === 0 ? 'firing' : 'resolved')));
      }),
    );
  });

  it('are removed when their feature has no more calls', () => {
    const instances = new RuleInstances(ERROR_RATIO);
    instances.apply([reading('a', 0), reading('b', 0)], 0);
    instances.apply([reading('b', 0)], MINUTE);
    expect(instances.list().map(({ names }) => names.feature)).toEqual(['b']);
  });

  it('are kept for 15 minutes after they are resolved, if they fired', () => {
    const instances = new RuleInstances(ERROR_RATIO);
    for (let minute = 0; minute <= 5; minute++) instances.apply([reading('a', 1)], minute * MINUTE);
    expect(instances.list()).toMatchObject([{ state: 'firing', since: 5 * MINUTE }]);
    instances.apply([], 6 * MINUTE);
    expect(instances.list()).toMatchObject([
      { state: 'resolved', sentence: 'Failed calls of a: No calls in 5 min.', lastFiredAt: 5 * MINUTE },
    ]);
    instances.apply([], 21 * MINUTE);
    expect(instances.list()).toEqual([]);
  });

  it('are limited to 200, those beyond their limits first', () => {
    const instances = new RuleInstances(ERROR_RATIO);
    const readings = Array.from({ length: 1000 }, (_, n) => reading(`feature ${n}`, n < 990 ? 0 : 1));
    instances.apply(readings, 0);
    const states = instances.list().map(({ state }) => state);
    expect(states).toHaveLength(200);
    expect(states.filter((state) => state === 'pending')).toHaveLength(10);
  });
});
