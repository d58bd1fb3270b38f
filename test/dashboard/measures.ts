import type { Breakdown, Measures, Summary } from '../../src/llm-telemetry/dashboard/api/index.js';
import { nothing } from './fixture-traffic.js';

/** Returns measures that are empty except for the given ones. */
export function measures(given: Partial<Measures> = {}): Measures {
  return { ...nothing(), duration: null, firstToken: null, ...given };
}

const NOON = Date.UTC(2026, 10, 24, 12);
const DAY = { from: NOON - 86_400_000, to: NOON };
const DAY_BEFORE = { from: DAY.from - 86_400_000, to: DAY.from };

/** Returns the summary of a day and the previous day. */
export function summary(now: Partial<Measures>, before: Partial<Measures> = {}): Summary {
  return { range: DAY, asOf: NOON, ...measures(now), before: { range: DAY_BEFORE, ...measures(before) } };
}

/** Returns the measures of features on a day and the previous day. `null`: the feature had no calls. */
export function byFeature(
  groups: Readonly<Record<string, readonly [now: Partial<Measures>, before: Partial<Measures> | null]>>,
): Breakdown {
  return {
    range: DAY,
    asOf: NOON,
    by: ['feature'],
    total: measures(),
    groups: Object.entries(groups).map(([feature, [now, before]]) => ({
      names: { feature },
      measures: measures(now),
      before: before && measures(before),
    })),
    others: null,
    before: {
      range: DAY_BEFORE,
      total: measures({ calls: Object.values(groups).filter(([, before]) => before !== null).length }),
    },
  };
}
