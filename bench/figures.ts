import { FLOOR, type Measurement } from './measure.js';
import { medianError, scaled, type Spread } from './statistics.js';
import { VARIANTS } from './variants.js';

/** A figure that the library promises to hold, and what was measured against it. */
export interface Verdict {
  readonly figure: Figure;
  /** In the figure's own unit. */
  readonly measured: Spread;
  /** How often the floor fits into it; `null` where it was not measured, and for what is no call. */
  readonly floors: number | null;
  /** The figure on this machine, with the tolerance: what `measured` may not pass. */
  readonly allowed: number;
  readonly holds: boolean;
}

interface Figure {
  readonly scenario: string;
  /** Microseconds that everything together may add. */
  readonly limitUs: number;
  readonly per: 'call' | 'chunk' | 'request';
  /** The call whose floor tells how fast this machine is. */
  readonly calibratedBy: keyof typeof REFERENCE_FLOOR_US;
}

/** What two bare spans and four histograms cost on the machine that the figures were set on. */
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
 * A figure may be passed by so much before `--check` objects. On a shared machine with two cores, what was added in
 * floors differed by 5 % between long runs of the same code, and by 8 % between a short run and a long one.
 */
export const TOLERANCE = 0.15;

/** Holds what was measured in memory against the figures. HTTP is for comparison: its noise is as large as they are. */
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
      // Two standard errors: a short run on a busy machine knows its median that badly.
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
 * What a microsecond of the machine that the figures were set on is here. The floor is work of the kind that is added
 * to a call, so it tells both ways; a chunk is another kind, for which a slow machine is an excuse and a fast one no
 * promise.
 */
function machineFactor({ per, calibratedBy }: Figure, floorUs: number | undefined): number {
  if (floorUs === undefined) return 1;
  const factor = floorUs / REFERENCE_FLOOR_US[calibratedBy];
  return per === 'call' ? factor : Math.max(1, factor);
}

/** How many floors a figure was, on the machine that it was set on. */
export function floorsOf({ limitUs, calibratedBy }: Figure): number {
  return limitUs / REFERENCE_FLOOR_US[calibratedBy];
}
