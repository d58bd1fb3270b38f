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
  untold: null,
  note: null,
});

describe('the instances of a rule', () => {
  it('tell of each beginning and each end of firing once, in turns', () => {
    const minute = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(0, 0.05, 0.2, 1));
    fc.assert(
      fc.property(fc.array(minute, { maxLength: 80 }), (minutes) => {
        const instances = new RuleInstances(ERROR_RATIO);
        const told = new Map<string, string[]>();
        minutes.forEach((values, n) => {
          const readings = Object.entries(values).map(([feature, value]) => reading(feature, value));
          for (const { alert } of instances.take(readings, n * MINUTE))
            if (alert) told.set(alert.key, [...(told.get(alert.key) ?? []), alert.state]);
        });
        for (const states of told.values())
          expect(states).toEqual(states.map((_, n) => (n % 2 === 0 ? 'firing' : 'resolved')));
      }),
    );
  });

  it('forget a feature that has no calls any more and nothing to say', () => {
    const instances = new RuleInstances(ERROR_RATIO);
    instances.take([reading('a', 0), reading('b', 0)], 0);
    instances.take([reading('b', 0)], MINUTE);
    expect(instances.list().map(({ names }) => names.feature)).toEqual(['b']);
  });

  it('keep a feature that fires until it has been resolved for a while', () => {
    const instances = new RuleInstances(ERROR_RATIO);
    for (let minute = 0; minute <= 5; minute++) instances.take([reading('a', 1)], minute * MINUTE);
    expect(instances.list()).toMatchObject([{ state: 'firing', since: 5 * MINUTE }]);
    instances.take([], 6 * MINUTE);
    expect(instances.list()).toMatchObject([
      { state: 'resolved', sentence: 'Failed calls of a: No calls in 5 min.', lastFiredAt: 5 * MINUTE },
    ]);
    instances.take([], 21 * MINUTE);
    expect(instances.list()).toEqual([]);
  });

  it('are at most 200, those beyond their limits before the others', () => {
    const instances = new RuleInstances(ERROR_RATIO);
    const readings = Array.from({ length: 1000 }, (_, n) => reading(`feature ${n}`, n < 990 ? 0 : 1));
    instances.take(readings, 0);
    const states = instances.list().map(({ state }) => state);
    expect(states).toHaveLength(200);
    expect(states.filter((state) => state === 'pending')).toHaveLength(10);
  });
});
