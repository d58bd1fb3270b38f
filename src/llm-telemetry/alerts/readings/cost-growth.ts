import type { TimeRange } from '../../store/measures.js';
import type { AlertMeasure } from '../definitions/alert-definition.js';
import type { ConfiguredRule } from '../definitions/configured-rules.js';
import { untold, type AlertSources, type Reading } from './reading.js';
import { DAY, HOUR, MINUTE, startOf } from '../../units/time.js';
import { periodWords, usdWords } from '../definitions/words.js';
import { historyOfFeatures } from './history.js';
import { limitFor, moved, readingsOf, windowOf } from './window.js';

const DAYS_BEFORE = [1, 2, 3, 4, 5, 6, 7];
const WEEK = 7 * DAY;

/** What each feature cost in the window, beside what it cost at the same time on the days before. */
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
  // Most services cost less than that most of the time: nothing more is asked then.
  const past = worthIt ? await costBefore(sources, window, now) : null;
  return readingsOf(rule, groups, ({ names, measures: { costUsd } }, factor) => {
    const perHour = (usd: number): number => (usd * HOUR) / rule.windowMs;
    const value = perHour(costUsd);
    if (past === null || costUsd < rule.minimum)
      return untold(
        names,
        `Less than the ${usdWords(rule.minimum)} in ${periodWords(rule.windowMs)} from which on it is watched.`,
        value,
      );
    const { ageMs, usualUsd, basis } = past(names.feature!, historyMs);
    if (usualUsd === null) return untold(names, noBaseline(ageMs, historyMs), value);
    return {
      names,
      value,
      limit: factor * perHour(usualUsd),
      untold: null,
      note: `${factor} × ${usdWords(perHour(usualUsd))}, the mean of ${basisWords(basis, ageMs)}.`,
    };
  });
}

interface Past {
  /** How much history there is before the window. */
  readonly ageMs: number;
  /** What a window's length usually costs; `null`: not known. */
  readonly usualUsd: number | null;
  /** What that is the mean of: the same time of the days before, or the hours before. */
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

/** Less than a day has no night or no morning in it: whoever reads of a spike then has to know. */
function basisWords(basis: Past['basis'], ageMs: number): string {
  if (basis === 'days') return `this time of day on the ${DAYS_BEFORE.length} days before`;
  if (ageMs >= DAY) return 'the 24 h before';
  return `the ${periodWords(startOf(HOUR, ageMs))} before, all that there is: the usual rise of a day looks the same`;
}

function noBaseline(ageMs: number, historyMs: number): string {
  if (ageMs < historyMs)
    return `Only ${periodWords(startOf(HOUR, ageMs) || MINUTE)} of the ${periodWords(historyMs)} of history that it takes.`;
  return 'It cost nothing before that it could be compared with.';
}
