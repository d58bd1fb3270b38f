import type { Period } from './budget-period.js';

/** Elapsed share of a period before which a projection is unreliable. */
const LEAST_PART = 0.05;

/** Linear projection of spend. */
export interface Forecast {
  /** Projected USD at the end of the period; `null`: too early in the period. */
  readonly projectedUsd: number | null;
  /** Time within the period when the budget will be used up; `null`: not in this period, already used up, or too early. */
  readonly usedUpAt: number | null;
}

/** Projects spend linearly to the end of the period. */
export function forecast(spentUsd: number, limitUsd: number, { from, to }: Period, now: number): Forecast {
  const passed = (now - from) / (to - from);
  if (passed < LEAST_PART) return { projectedUsd: null, usedUpAt: null };
  const projectedUsd = spentUsd / Math.min(1, passed);
  const willPass = spentUsd < limitUsd && projectedUsd > limitUsd;
  return { projectedUsd, usedUpAt: willPass ? from + (now - from) * (limitUsd / spentUsd) : null };
}
