import type { Measurement } from './measure.js';
import { medianError, scaled, type Spread } from './statistics.js';
import { FLOOR, VARIANTS } from './variants.js';

/** A guaranteed limit and its measured value. */
export interface Verdict {
  readonly limit: Limit;
  /** Microseconds per unit of the limit (`per`). */
  readonly measured: Spread;
  /** `measured` in multiples of the floor; `null` if the floor was not measured or the unit is not a call. */
  readonly floors: number | null;
  /** Maximum of `measured`: the limit scaled to this machine, plus the tolerance. */
  readonly allowedUs: number;
  readonly exceeded: boolean;
}

interface Limit {
  readonly scenario: string;
  /** Maximum that the variant `everything` may add, in microseconds. */
  readonly us: number;
  readonly per: 'call' | 'chunk' | 'request';
  /** The scenario whose floor indicates the speed of this machine. */
  readonly calibratedBy: keyof typeof REFERENCE_FLOOR_US;
}

/** Cost of two bare spans and four histograms on the reference machine, on which the limits were set. */
const REFERENCE_FLOOR_US = { 'OpenAI call': 24, 'Anthropic call': 18 } as const;

const OPENAI = { calibratedBy: 'OpenAI call' } as const;
const ANTHROPIC = { calibratedBy: 'Anthropic call' } as const;

export const NON_MODEL = 'no model call';

const LIMITS: readonly Limit[] = [
  { scenario: 'OpenAI call', us: 45, per: 'call', ...OPENAI },
  { scenario: 'OpenAI stream', us: 1, per: 'chunk', ...OPENAI },
  { scenario: 'Anthropic call', us: 40, per: 'call', ...ANTHROPIC },
  { scenario: 'Anthropic stream', us: 1, per: 'chunk', ...ANTHROPIC },
  { scenario: NON_MODEL, us: 0.1, per: 'request', ...OPENAI },
];

/**
 * Fraction by which a limit may be exceeded before `--check` fails. On a shared machine with two cores, added times in
 * floors differed by 5 % between long runs of the same code, and by 8 % between a short and a long run.
 */
const TOLERANCE = 0.15;

/**
 * Compares in-memory measurements with the limits. HTTP has no limits: its noise is as large as they are.
 *
 * @param nonModel Added time of a request that is not a model call.
 */
export function checkLimits(measurements: readonly Measurement[], nonModel: Spread): readonly Verdict[] {
  const inMemory = new Map(
    measurements.filter(({ transport }) => transport === 'memory').map((one) => [one.scenario.name, one]),
  );
  const verdicts: Verdict[] = [];
  for (const limit of LIMITS) {
    const measured = limit.scenario === NON_MODEL ? nonModel : addedPerUnit(inMemory.get(limit.scenario));
    if (!measured) continue;
    const floorUs = inMemory.get(limit.calibratedBy)?.added.get(FLOOR)?.wallUs.median;
    const allowedUs = limit.us * machineFactor(limit, floorUs) * (1 + TOLERANCE);
    verdicts.push({
      limit,
      measured,
      floors: limit.per === 'call' && floorUs ? measured.median / floorUs : null,
      allowedUs,
      exceeded: measured.median - errorOf(measured) > allowedUs,
    });
  }
  return verdicts;
}

/** Formats a verdict as a line of the report, which starts with `ok` or `EXCEEDED`. */
export function verdictLine({ limit, measured, floors, allowedUs, exceeded }: Verdict): string {
  const { scenario, us, per, calibratedBy } = limit;
  const allowedFloors = us / REFERENCE_FLOOR_US[calibratedBy];
  const inFloors =
    floors === null ? '' : `; ${floors.toFixed(2)} floors of at most ${allowedFloors.toFixed(2)}`;
  return (
    `${exceeded ? 'EXCEEDED' : 'ok      '}  ${scenario}: ${measured.median.toPrecision(3)} ± ${errorOf(measured).toPrecision(2)} µs per ${per} (limit ${us}; ` +
    `${allowedUs.toPrecision(3)} on this machine with ${TOLERANCE * 100} % tolerance${inFloors})`
  );
}

/** Returns the limit of a scenario for the table, empty if it has none. */
export function limitText(scenario: string): string {
  const limit = LIMITS.find((one) => one.scenario === scenario);
  return limit ? `≤ ${limit.us}` : '';
}

/** Returns two standard errors of the median. The median is imprecise in a short run on a busy machine. */
function errorOf(measured: Spread): number {
  return 2 * medianError(measured);
}

function addedPerUnit(measurement: Measurement | undefined): Spread | null {
  const everything = measurement?.added.get(VARIANTS.at(-1)!.name);
  return everything ? scaled(everything.wallUs, 1 / measurement!.scenario.unitsPerCall) : null;
}

/**
 * Returns how many microseconds one microsecond of the reference machine takes here. The floor resembles the work that
 * is added to a call, so it raises or lowers the limits of calls. It only raises the other limits: their work differs.
 */
function machineFactor({ per, calibratedBy }: Limit, floorUs: number | undefined): number {
  if (floorUs === undefined) return 1;
  const factor = floorUs / REFERENCE_FLOOR_US[calibratedBy];
  return per === 'call' ? factor : Math.max(1, factor);
}
