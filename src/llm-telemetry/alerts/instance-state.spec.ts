import fc from 'fast-check';
import { isBeyond, nextState, RESOLVED_FOR_MS, type InstanceState } from './instance-state.js';
import type { Reading } from './readings/reading.js';
import { MINUTE } from '../units/time.js';

const reading = (value: number | null, untold: Reading['untold'] = null): Reading => ({
  names: {},
  value,
  limit: 10,
  untold,
  note: null,
});
const BEYOND = reading(11);
const WITHIN = reading(10);
const TOO_FEW = reading(100, 'insufficient_data');
const RULE = { fires: 'above', forMs: 2 * MINUTE } as const;

/** The states that readings lead to, one a minute. */
function states(readings: readonly Reading[], rule: Parameters<typeof nextState>[2] = RULE): string[] {
  let state: InstanceState | null = null;
  return readings.map((reading, minute) => (state = nextState(state, reading, rule, minute * MINUTE)).state);
}

describe('the state of an alert', () => {
  it('is pending until it has been beyond its limit for long enough', () => {
    expect(states([WITHIN, BEYOND, BEYOND, BEYOND, BEYOND])).toEqual([
      'ok',
      'pending',
      'pending',
      'firing',
      'firing',
    ]);
  });

  it('fires at once where nothing is to be waited for', () => {
    expect(states([WITHIN, BEYOND], { fires: 'above', forMs: 0 })).toEqual(['ok', 'firing']);
  });

  it('waits anew after a moment within the limit', () => {
    expect(states([BEYOND, BEYOND, WITHIN, BEYOND, BEYOND, BEYOND])).toEqual([
      'pending',
      'pending',
      'ok',
      'pending',
      'pending',
      'firing',
    ]);
  });

  it('is resolved for a while after it has fired, then ok again', () => {
    const fired = { state: 'firing', since: 0 } as const;
    const resolved = nextState(fired, WITHIN, RULE, MINUTE);
    expect(resolved).toEqual({ state: 'resolved', since: MINUTE });
    expect(nextState(resolved, WITHIN, RULE, MINUTE + RESOLVED_FOR_MS - 1)).toEqual(resolved);
    expect(nextState(resolved, WITHIN, RULE, MINUTE + RESOLVED_FOR_MS).state).toBe('ok');
    expect(nextState(resolved, BEYOND, RULE, 2 * MINUTE)).toEqual({ state: 'pending', since: 2 * MINUTE });
  });

  it('is that there is too little data, and resolves with that', () => {
    expect(states([TOO_FEW, BEYOND, TOO_FEW])).toEqual(['insufficient_data', 'pending', 'insufficient_data']);
    expect(nextState({ state: 'firing', since: 0 }, TOO_FEW, RULE, MINUTE).state).toBe('resolved');
  });

  it('fires below its limit where the rule says so', () => {
    expect(isBeyond(reading(9), 'below')).toBe(true);
    expect(isBeyond(reading(10), 'below')).toBe(false);
    expect(isBeyond(reading(null), 'below')).toBe(false);
  });

  it('starts its wait anew when the clock was set back', () => {
    const pending = nextState(null, BEYOND, RULE, 60 * MINUTE);
    const back = nextState(pending, BEYOND, RULE, 5 * MINUTE);
    expect(back).toEqual({ state: 'pending', since: 5 * MINUTE });
    expect(nextState(back, BEYOND, RULE, 7 * MINUTE).state).toBe('firing');
  });
});

describe('the state of an alert, whatever comes', () => {
  const anyReading = fc.record({
    names: fc.constant({}),
    value: fc.option(fc.double({ min: 0, max: 20, noNaN: true })),
    limit: fc.option(fc.constant(10)),
    untold: fc.constantFrom<Reading['untold']>(null, null, null, 'insufficient_data', 'disabled'),
    note: fc.constant(null),
  });
  /** Readings with the time between them, which may run backwards. */
  const anyRun = fc.array(fc.tuple(anyReading, fc.integer({ min: -3 * MINUTE, max: 20 * MINUTE })), {
    maxLength: 60,
  });
  const anyFor = fc.integer({ min: 0, max: 15 * MINUTE });

  interface Step {
    readonly before: InstanceState | null;
    readonly after: InstanceState;
    readonly reading: Reading;
    readonly now: number;
    /** Since when every reading has been beyond the limit; `null`: this one is not. */
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

  /** Holds where no step of any run is of this kind. */
  function never(isWrong: (step: Step, forMs: number) => boolean): void {
    fc.assert(
      fc.property(anyRun, anyFor, (run, forMs) => {
        expect(stepsOf(run, forMs).filter((step) => isWrong(step, forMs))).toEqual([]);
      }),
    );
  }

  it('fires, or is about to, only on what can be told and is beyond its limit', () => {
    never(({ after, reading: { untold, value, limit } }) => {
      const beyond = untold === null && value !== null && limit !== null && value > limit;
      return (after.state === 'firing' || after.state === 'pending') !== beyond;
    });
    expect.hasAssertions();
  });

  it('begins to fire only when every reading has been beyond the limit for long enough', () => {
    never(
      ({ before, after, beyondSince, now }, forMs) =>
        after.state === 'firing' && before?.state !== 'firing' && now - beyondSince! < forMs,
    );
    expect.hasAssertions();
  });

  it('goes from firing to resolved and to nothing else, and has never begun in the future', () => {
    never(
      ({ before, after, now }) =>
        after.since > now ||
        (before?.state === 'firing' && after.state !== 'firing' && after.state !== 'resolved'),
    );
    expect.hasAssertions();
  });
});
