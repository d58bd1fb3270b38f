import fc from 'fast-check';
import { MINUTE } from '../units/time.js';
import { configuredRules } from './definitions/alert-definitions.js';
import type { Reading } from './readings/reading.js';
import { isBeyond, nextState, RESOLVED_FOR_MS, RuleInstances, type InstanceState } from './rule-instances.js';

const ERROR_RATIO = configuredRules({}).find(({ name }) => name === 'error_ratio')!;

const reading = (feature: string, value: number): Reading => ({
  names: { feature },
  value,
  limit: 0.05,
  inconclusive: null,
  note: null,
});

describe('instances of a rule', () => {
  it('notify once when an alert starts to fire and once when it stops', () => {
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

  it('are removed when their feature has no calls', () => {
    const instances = new RuleInstances(ERROR_RATIO);
    instances.apply([reading('a', 0), reading('b', 0)], 0);
    instances.apply([reading('b', 0)], MINUTE);
    expect(instances.list().map(({ names }) => names.feature)).toEqual(['b']);
  });

  it('are kept for 15 minutes after they are resolved if they fired', () => {
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

  it('are limited to 200, and keep those that exceed their limits', () => {
    const instances = new RuleInstances(ERROR_RATIO);
    const readings = Array.from({ length: 1000 }, (_, n) => reading(`feature ${n}`, n < 990 ? 0 : 1));
    instances.apply(readings, 0);
    const states = instances.list().map(({ state }) => state);
    expect(states).toHaveLength(200);
    expect(states.filter((state) => state === 'pending')).toHaveLength(10);
  });
});

const valued = (value: number | null, inconclusive: Reading['inconclusive'] = null): Reading => ({
  names: {},
  value,
  limit: 10,
  inconclusive,
  note: null,
});
const BEYOND = valued(11);
const WITHIN = valued(10);
const TOO_FEW = valued(100, 'insufficient_data');
const RULE = { fires: 'above', forMs: 2 * MINUTE } as const;

/** Returns the state after each reading. Readings are one minute apart. */
function states(readings: readonly Reading[], rule: Parameters<typeof nextState>[2] = RULE): string[] {
  let state: InstanceState | null = null;
  return readings.map((reading, minute) => (state = nextState(state, reading, rule, minute * MINUTE)).state);
}

describe('alert state', () => {
  it('is pending until the value stays beyond the limit for the required time', () => {
    expect(states([WITHIN, BEYOND, BEYOND, BEYOND, BEYOND])).toEqual([
      'ok',
      'pending',
      'pending',
      'firing',
      'firing',
    ]);
  });

  it('fires immediately if no wait is configured', () => {
    expect(states([WITHIN, BEYOND], { fires: 'above', forMs: 0 })).toEqual(['ok', 'firing']);
  });

  it('restarts the wait after a value within the limit', () => {
    expect(states([BEYOND, BEYOND, WITHIN, BEYOND, BEYOND, BEYOND])).toEqual([
      'pending',
      'pending',
      'ok',
      'pending',
      'pending',
      'firing',
    ]);
  });

  it('is resolved for 15 minutes after firing, then ok', () => {
    const fired = { state: 'firing', since: 0 } as const;
    const resolved = nextState(fired, WITHIN, RULE, MINUTE);
    expect(resolved).toEqual({ state: 'resolved', since: MINUTE });
    expect(nextState(resolved, WITHIN, RULE, MINUTE + RESOLVED_FOR_MS - 1)).toEqual(resolved);
    expect(nextState(resolved, WITHIN, RULE, MINUTE + RESOLVED_FOR_MS).state).toBe('ok');
    expect(nextState(resolved, BEYOND, RULE, 2 * MINUTE)).toEqual({ state: 'pending', since: 2 * MINUTE });
  });

  it('is insufficient_data with too little data, which also resolves a firing alert', () => {
    expect(states([TOO_FEW, BEYOND, TOO_FEW])).toEqual(['insufficient_data', 'pending', 'insufficient_data']);
    expect(nextState({ state: 'firing', since: 0 }, TOO_FEW, RULE, MINUTE).state).toBe('resolved');
  });

  it('fires below the limit if its rule has a lower bound', () => {
    expect(isBeyond(valued(9), 'below')).toBe(true);
    expect(isBeyond(valued(10), 'below')).toBe(false);
    expect(isBeyond(valued(null), 'below')).toBe(false);
  });

  it('restarts the wait if the clock is set back', () => {
    const pending = nextState(null, BEYOND, RULE, 60 * MINUTE);
    const back = nextState(pending, BEYOND, RULE, 5 * MINUTE);
    expect(back).toEqual({ state: 'pending', since: 5 * MINUTE });
    expect(nextState(back, BEYOND, RULE, 7 * MINUTE).state).toBe('firing');
  });
});

describe('alert state for arbitrary readings', () => {
  const anyReading = fc.record({
    names: fc.constant({}),
    value: fc.option(fc.double({ min: 0, max: 20, noNaN: true })),
    limit: fc.option(fc.constant(10)),
    inconclusive: fc.constantFrom<Reading['inconclusive']>(null, null, null, 'insufficient_data', 'disabled'),
    note: fc.constant(null),
  });
  /** Readings with the time between them, which can be negative. */
  const anyRun = fc.array(fc.tuple(anyReading, fc.integer({ min: -3 * MINUTE, max: 20 * MINUTE })), {
    maxLength: 60,
  });
  const anyFor = fc.integer({ min: 0, max: 15 * MINUTE });

  interface Step {
    readonly before: InstanceState | null;
    readonly after: InstanceState;
    readonly reading: Reading;
    readonly now: number;
    /** Start of the readings beyond the limit without interruption; `null` if this reading is not beyond the limit. */
    readonly beyondSince: number | null;
  }

  function stepsOf(run: ReadonlyArray<readonly [Reading, number]>, forMs: number): readonly Step[] {
    let before: InstanceState | null = null;
    let now = 1_000_000 * MINUTE;
    let beyondSince: number | null = null;
    return run.map(([reading, passed]) => {
      now += passed;
      beyondSince = isBeyond(reading, 'above') ? Math.min(beyondSince ?? now, now) : null;
      const after = nextState(before, reading, { fires: 'above', forMs }, now);
      const step = { before, after, reading, now, beyondSince };
      before = after;
      return step;
    });
  }

  /** Asserts that no step of any run satisfies the predicate. */
  function never(isForbidden: (step: Step, forMs: number) => boolean): void {
    fc.assert(
      fc.property(anyRun, anyFor, (run, forMs) => {
        expect(stepsOf(run, forMs).filter((step) => isForbidden(step, forMs))).toEqual([]);
      }),
    );
  }

  it('is firing or pending only if a known value is beyond the limit', () => {
    never(({ after, reading: { inconclusive, value, limit } }) => {
      const beyond = inconclusive === null && value !== null && limit !== null && value > limit;
      return (after.state === 'firing' || after.state === 'pending') !== beyond;
    });
    expect.hasAssertions();
  });

  it('starts to fire only if every reading is beyond the limit for the required time', () => {
    never(
      ({ before, after, beyondSince, now }, forMs) =>
        after.state === 'firing' && before?.state !== 'firing' && now - beyondSince! < forMs,
    );
    expect.hasAssertions();
  });

  it('changes from firing only to resolved, and never starts in the future', () => {
    never(
      ({ before, after, now }) =>
        after.since > now ||
        (before?.state === 'firing' && after.state !== 'firing' && after.state !== 'resolved'),
    );
    expect.hasAssertions();
  });
});
