import type { Period } from './budget-period.js';

/** Before this part of a period has passed, its pace says little. */
const LEAST_PART = 0.05;

export interface Forecast {
  /** USD that will have been spent when the period ends, at the pace that it has had so far; `null`: too early to tell. */
  readonly projectedUsd: number | null;
  /** When the budget will be used up at that pace, within the period; `null`: it will not, it is already, or too early to tell. */
  readonly usedUpAt: number | null;
}

export function forecast(spentUsd: number, limitUsd: number, { from, to }: Period, now: number): Forecast {
  const passed = (now - from) / (to - from);
  if (passed < LEAST_PART) return { projectedUsd: null, usedUpAt: null };
  const projectedUsd = spentUsd / Math.min(1, passed);
  const willPass = spentUsd < limitUsd && projectedUsd > limitUsd;
  return { projectedUsd, usedUpAt: willPass ? from + (now - from) * (limitUsd / spentUsd) : null };
}
