import type { AlertSources } from './reading.js';
import { DAY, HOUR, startOf } from '../../units/time.js';

/** Search range for the first call of a feature: a day more than any alert compares with. */
const LOOKED_BACK_MS = 8 * DAY;

/** Returns the hour of the first call of each feature within the search range. */
export async function historyOfFeatures(
  { store }: AlertSources,
  now: number,
): Promise<ReadonlyMap<string, number>> {
  const to = startOf(HOUR, now);
  const { groups } = await store.measure({
    range: { from: to - LOOKED_BACK_MS, to },
    by: ['feature'],
    bucketMs: HOUR,
  });
  const began = new Map<string, number>();
  for (const { names, buckets } of groups) {
    const first = buckets.find(({ measures }) => measures.calls > 0);
    if (first && typeof names.feature === 'string') began.set(names.feature, first.at);
  }
  return began;
}
