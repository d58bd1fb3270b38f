import { FLOOR, type Measurement } from './measure.js';
import { medianError, scaled, type Spread } from './statistics.js';
import { VARIANTS } from './variants.js';

/** A guaranteed limit and its measured value. */
export interface Verdict {
  readonly figure: Figure;
  /** Microseconds per unit of the limit (`per`). */
  readonly measured: Spread;
  /** `measured` in multiples of the floor; `null` if the floor was not measured or the unit is not a call. */
  readonly floors: number | null;
  /** Maximum of `measured`: the limit scaled to this machine, plus the tolerance. */
  readonly allowed: number;
  readonly holds: boolean;
}

interface Figure {
  readonly scenario: string;
  /** Maximum that the variant `everything` may add, in microseconds. */
  readonly limitUs: number;
  readonly per: 'call' | 'chunk' | 'request';
  /** The scenario whose floor indicates the speed of this machine. */
  readonly calibratedBy: keyof typeof REFERENCE_FLOOR_US;
}

/** Cost of two bare spans and four histograms on the reference machine, on which the limits were set. */
const REFERENCE_FLOOR_US = { 'OpenAI call': 24, 'Anthropic call': 18 } as const;

const OPENAI = { calibratedBy: 'OpenAI call' } as const;
const ANTHROPIC = { calibratedBy: 'Anthropic call' } as const;

export const NON_MODEL = 'no model call';

export const FIGURES: readonly Figure[] = [
  { scenario: 'OpenAI call', limitUs: 45, per: 'call', ...OPENAI },
  { scenario: 'OpenAI stream', limitUs: 1, per: 'chunk', ...OPENAI },
  { scenario: 'Anthropic call', limitUs: 40, per: 'call', ...ANTHROPIC },
  { scenario: 'Anthropic stream', limitUs: 1, per: 'chunk', ...ANTHROPIC },
  { scenario: NON_MODEL, limitUs: 0.1, per: 'request', ...OPENAI },
];

/**
 * Share by which a limit may be exceeded before `--check` fails. On a shared machine with two cores, added times in
 * floors differed by 5 % between long runs of the same code, and by 8 % between a short and a long run.
 */
export const TOLERANCE = 0.15;

/** Checks in-memory measurements against the limits. HTTP is not checked: its noise is as large as the limits. */
export function judge(measurements: readonly Measurement[], nonModel: Spread): readonly Verdict[] {
  const inMemory = new Map(
    measurements.filter(({ transport }) => transport === 'memory').map((one) => [one.scenario.name, one]),
  );
  const verdicts: Verdict[] = [];
  for (const figure of FIGURES) {
    const measured = figure.scenario === NON_MODEL ? nonModel : addedPerUnit(inMemory.get(figure.scenario));
    if (!measured) continue;
    const floorUs = inMemory.get(figure.calibratedBy)?.added.get(FLOOR)?.wallUs.median;
    const allowed = figure.limitUs * machineFactor(figure, floorUs) * (1 + TOLERANCE);
    verdicts.push({
      figure,
      measured,
      floors: figure.per === 'call' && floorUs ? measured.median / floorUs : null,
      allowed,
      // Two standard errors, because the median of a short run on a busy machine is imprecise.
      holds: measured.median - 2 * medianError(measured) <= allowed,
    });
  }
  return verdicts;
}

function addedPerUnit(measurement: Measurement | undefined): Spread | null {
  const everything = measurement?.added.get(VARIANTS.at(-1)!.name);
  return everything ? scaled(everything.wallUs, 1 / measurement!.scenario.unitsPerCall) : null;
}

/**
 * Returns how many microseconds one microsecond of the reference machine takes here. The floor resembles the work that
 * is added to a call, so it scales the limits of calls both ways. It only raises the other limits: their work differs.
 */
function machineFactor({ per, calibratedBy }: Figure, floorUs: number | undefined): number {
  if (floorUs === undefined) return 1;
  const factor = floorUs / REFERENCE_FLOOR_US[calibratedBy];
  return per === 'call' ? factor : Math.max(1, factor);
}

/** Returns a limit in floors of the reference machine. */
export function floorsOf({ limitUs, calibratedBy }: Figure): number {
  return limitUs / REFERENCE_FLOOR_US[calibratedBy];
}
