import type { TimeRange } from '../../store/measures.js';
import { formatPeriod, formatUsd } from '../../units/format.js';
import { DAY, HOUR, MINUTE, WEEK, startOf } from '../../units/time.js';
import type { AlertMeasure, ConfiguredRule } from '../definitions/alert-definitions.js';
import {
  inconclusive,
  limitFor,
  moved,
  readingsOf,
  windowOf,
  type AlertSources,
  type Reading,
} from './reading.js';

const DAYS_BEFORE = [1, 2, 3, 4, 5, 6, 7];

/** Reads the cost of each feature in the window, compared with its cost at the same time on the previous days. */
export async function readCostGrowth(
  rule: ConfiguredRule,
  { historyMs }: Extract<AlertMeasure, { kind: 'cost_growth' }>,
  sources: AlertSources,
  now: number,
): Promise<readonly Reading[]> {
  const { from, to } = windowOf(rule, now);
  const window = { from: startOf(MINUTE, from), to };
  const { groups } = await sources.store.measure({ range: window, by: ['feature'] });
  const worthIt = groups.some(
    ({ names, measures }) => measures.costUsd >= rule.minimum && limitFor(rule, names) !== null,
  );
  // Most services stay below the minimum most of the time: the history is not queried then.
  const past = worthIt ? await costBefore(sources, window, now) : null;
  return readingsOf(rule, groups, ({ names, measures: { costUsd } }, factor) => {
    const perHour = (usd: number): number => (usd * HOUR) / rule.windowMs;
    const value = perHour(costUsd);
    if (past === null || costUsd < rule.minimum)
      return inconclusive(
        names,
        `Below the minimum of ${formatUsd(rule.minimum)} in ${formatPeriod(rule.windowMs)}.`,
        value,
      );
    const { ageMs, usualUsd, basis } = past(names.feature!, historyMs);
    if (usualUsd === null) return inconclusive(names, noBaseline(ageMs, historyMs), value);
    return {
      names,
      value,
      limit: factor * perHour(usualUsd),
      inconclusive: null,
      note: `The limit is ${factor} × ${formatUsd(perHour(usualUsd))}, the mean of ${basisWords(basis, ageMs)}.`,
    };
  });
}

interface Past {
  /** Length of the history before the window. */
  readonly ageMs: number;
  /** Mean cost of a window of this length; `null`: unknown. */
  readonly usualUsd: number | null;
  /** Basis of the mean: the same time on the previous days, or the previous hours. */
  readonly basis: 'days' | 'hours';
}

async function costBefore(
  sources: AlertSources,
  window: TimeRange,
  now: number,
): Promise<(feature: string, historyMs: number) => Past> {
  const day = { from: window.from - DAY, to: window.from };
  const [began, dayBefore, ...sameHours] = await Promise.all([
    historyOfFeatures(sources, now),
    costByFeature(sources, day),
    ...DAYS_BEFORE.map((days) => costByFeature(sources, moved(window, -days * DAY))),
  ]);
  const lengthMs = window.to - window.from;
  return (feature, historyMs) => {
    const ageMs = Math.max(0, window.from - (began.get(feature) ?? window.from));
    if (ageMs < historyMs) return { ageMs, usualUsd: null, basis: 'hours' };
    const weekUsd = sameHours.reduce((sum, costs) => sum + (costs.get(feature) ?? 0), 0);
    if (ageMs >= WEEK && weekUsd > 0) return { ageMs, usualUsd: weekUsd / DAYS_BEFORE.length, basis: 'days' };
    const dayUsd = dayBefore.get(feature) ?? 0;
    const usualUsd = dayUsd > 0 ? (dayUsd * lengthMs) / Math.min(ageMs, DAY) : null;
    return { ageMs, usualUsd, basis: 'hours' };
  };
}

async function costByFeature(
  { store }: AlertSources,
  range: TimeRange,
): Promise<ReadonlyMap<string, number>> {
  const { groups } = await store.measure({ range, by: ['feature'] });
  return new Map(groups.map(({ names, measures }) => [names.feature!, measures.costUsd]));
}

/** With less than a day of history, a normal daily rise looks like a spike: the note mentions it. */
function basisWords(basis: Past['basis'], ageMs: number): string {
  if (basis === 'days') return `this time of day on the previous ${DAYS_BEFORE.length} days`;
  if (ageMs >= DAY) return 'the previous 24 h';
  return `the previous ${formatPeriod(startOf(HOUR, ageMs))} (less than a day of history: a normal daily rise can exceed it)`;
}

function noBaseline(ageMs: number, historyMs: number): string {
  if (ageMs < historyMs)
    return `Too little history: ${formatPeriod(startOf(HOUR, ageMs) || MINUTE)}, at least ${formatPeriod(historyMs)} required.`;
  return 'No earlier cost to compare with.';
}

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
