import { checkLimits, verdictLine, type Verdict } from './call-limits.js';
import type { Measurement, Time } from './measure.js';
import type { Spread } from './statistics.js';

/** Cost of the floor of an OpenAI call on the reference machine, in microseconds. */
const REFERENCE_FLOOR_US = 24;

const spread = (median: number, quartiles = 0, count = 100): Spread => ({
  q1: median - quartiles,
  median,
  q3: median + quartiles,
  count,
});
const time = (wallUs: Spread): Time => ({ wallUs, meanCpuUs: wallUs.median });

interface Measured {
  readonly everything: Spread;
  readonly floorUs?: number;
  readonly transport?: Measurement['transport'];
}

/** Returns the results of the scenario "OpenAI call". */
function openAiCall({ everything, floorUs, transport = 'memory' }: Measured): Measurement {
  const added = new Map([['everything', time(everything)]]);
  if (floorUs !== undefined) added.set('floor', time(spread(floorUs)));
  const scenario = { name: 'OpenAI call', unitsPerCall: 1 } as Measurement['scenario'];
  return { scenario, transport, bare: time(spread(100)), added, problems: [] };
}

function verdictOf(measured: Measured): Verdict | undefined {
  const verdicts = checkLimits([openAiCall(measured)], spread(0.05));
  return verdicts.find(({ limit }) => limit.scenario === 'OpenAI call');
}

describe('limits of the benchmark', () => {
  it('prints "ok" for a value within the limit', () => {
    const verdict = verdictOf({ everything: spread(44, 3), floorUs: REFERENCE_FLOOR_US })!;
    expect(verdict.exceeded).toBe(false);
    expect(verdictLine(verdict)).toBe(
      'ok        OpenAI call: 44.0 ± 1.1 µs per call (limit 45; 51.7 on this machine with 15 % tolerance; ' +
        '1.83 floors of at most 1.88)',
    );
  });

  it('prints "EXCEEDED" for a value above the limit and its tolerance', () => {
    const verdict = verdictOf({ everything: spread(60), floorUs: REFERENCE_FLOOR_US })!;
    expect(verdict.exceeded).toBe(true);
    expect(verdictLine(verdict)).toMatch(/^EXCEEDED {2}OpenAI call: 60\.0 ± 0\.0 µs per call \(limit 45; /);
  });

  it.each([
    ['within the tolerance of 15 %', 45 * 1.149, false],
    ['above the tolerance of 15 %', 45 * 1.151, true],
  ])('compares a value %s with the limit', (_, value, exceeded) => {
    expect(verdictOf({ everything: spread(value), floorUs: REFERENCE_FLOOR_US })!.exceeded).toBe(exceeded);
  });

  it.each([
    ['twice as slow', 2, 100, false],
    ['twice as fast', 0.5, 27, true],
  ])('scales the limit of a call on a machine that is %s', (_, factor, value, exceeded) => {
    const verdict = verdictOf({ everything: spread(value), floorUs: REFERENCE_FLOOR_US * factor })!;
    expect(verdict.allowedUs).toBeCloseTo(45 * 1.15 * factor);
    expect(verdict.exceeded).toBe(exceeded);
  });

  it('tolerates two standard errors of an imprecise median', () => {
    const imprecise = { everything: spread(60, 20, 16), floorUs: REFERENCE_FLOOR_US };
    expect(verdictOf(imprecise)!.exceeded).toBe(false);
    expect(verdictOf({ ...imprecise, everything: spread(60, 20, 10_000) })!.exceeded).toBe(true);
  });

  it('does not scale a limit if the floor was not measured', () => {
    const verdict = verdictOf({ everything: spread(44) })!;
    expect(verdict).toMatchObject({ floors: null, exceeded: false });
    expect(verdict.allowedUs).toBeCloseTo(45 * 1.15);
    expect(verdictLine(verdict)).not.toContain('floors');
  });

  it('checks no results of HTTP', () => {
    expect(verdictOf({ everything: spread(1000), transport: 'http' })).toBeUndefined();
  });

  it('checks requests that are not model calls, and raises their limit on a slow machine only', () => {
    const limitWith = (floorUs: number): Verdict =>
      checkLimits([openAiCall({ everything: spread(44), floorUs })], spread(0.2)).at(-1)!;
    expect(limitWith(REFERENCE_FLOOR_US / 2)).toMatchObject({
      allowedUs: expect.closeTo(0.115),
      exceeded: true,
    });
    expect(limitWith(REFERENCE_FLOOR_US * 2)).toMatchObject({
      allowedUs: expect.closeTo(0.23),
      exceeded: false,
    });
  });
});
