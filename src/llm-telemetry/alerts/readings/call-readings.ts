import type { MeasuredGroup, Measures } from '../../store/measures.js';
import { formatNumber, formatPeriod } from '../../units/format.js';
import { DAY, HOUR, MINUTE, WEEK, startOf } from '../../units/time.js';
import { formatName } from '../alert-message.js';
import type { AlertMeasure, ConfiguredRule } from '../definitions/alert-definitions.js';
import { inconclusive, moved, readingsOf, windowOf, type AlertSources, type Reading } from './reading.js';

/** Reads a quantile or a share, if there are enough calls. */
export async function readCalls(
  rule: ConfiguredRule,
  measure: Extract<AlertMeasure, { kind: 'quantile' | 'share' }>,
  { store }: AlertSources,
  now: number,
): Promise<readonly Reading[]> {
  const { groups } = await store.measure({
    range: windowOf(rule, now),
    by: rule.by,
    mergeVersions: true,
    quantiles: measure.kind === 'quantile',
  });
  return readingsOf(rule, groups, ({ names, measures }, limit) => {
    const calls = callsOf(measure, measures);
    const value = measure.kind === 'quantile' ? quantileOf(measure, measures) : shareOf(measure, measures);
    if (calls < rule.minimum || value === null)
      return { ...inconclusive(names, tooFew(calls, rule), value), limit };
    return { names, value, limit, inconclusive: null, note: null };
  });
}

type CallsMeasure = Extract<AlertMeasure, { kind: 'quantile' | 'share' }>;

function callsOf(measure: CallsMeasure, measures: Measures): number {
  return measure.kind === 'quantile' ? (measures[measure.of]?.count ?? 0) : measures[measure.among];
}

function quantileOf(measure: Extract<CallsMeasure, { kind: 'quantile' }>, measures: Measures): number | null {
  return measures[measure.of]?.[measure.quantile] ?? null;
}

function shareOf(measure: Extract<CallsMeasure, { kind: 'share' }>, measures: Measures): number | null {
  const among = measures[measure.among];
  return among === 0 ? null : measures[measure.of] / among;
}

function tooFew(calls: number, { minimum, windowMs }: ConfiguredRule): string {
  return `Too few calls: ${calls} in ${formatPeriod(windowMs)}, at least ${minimum} required.`;
}

/** Reads a count in the window or in its busiest minute, with the largest contributor. */
export async function readCount(
  rule: ConfiguredRule,
  measure: Extract<AlertMeasure, { kind: 'count' | 'busiest_minute' }>,
  { store }: AlertSources,
  now: number,
): Promise<readonly Reading[]> {
  const range = windowOf(rule, now);
  const byMinute = measure.kind === 'busiest_minute';
  const { groups } = await store.measure({
    range: byMinute ? { from: startOf(MINUTE, range.from), to: range.to } : range,
    by: [measure.blame],
    mergeVersions: true,
    ...(byMinute && { bucketMs: MINUTE }),
  });
  const { total, parts } = byMinute ? busiestMinute(groups, measure.of) : wholeWindow(groups, measure.of);
  return [
    {
      names: {},
      value: total,
      limit: rule.limit,
      inconclusive: null,
      note: blame(measure.blame, total, parts),
    },
  ];
}

interface Counted {
  readonly total: number;
  /** Counts by contributor. */
  readonly parts: ReadonlyMap<string | null, number>;
}

type Of = Extract<AlertMeasure, { kind: 'count' }>['of'];

function wholeWindow(groups: readonly MeasuredGroup[], of: Of): Counted {
  return counted(groups.map(({ names, measures }) => [nameOf(names), measures[of]]));
}

function busiestMinute(groups: readonly MeasuredGroup[], of: Of): Counted {
  const minutes = new Map<number, Array<readonly [string | null, number]>>();
  for (const { names, buckets } of groups)
    for (const { at, measures } of buckets) {
      const minute = minutes.get(at) ?? [];
      minute.push([nameOf(names), measures[of]]);
      minutes.set(at, minute);
    }
  let busiest = counted([]);
  for (const minute of minutes.values()) {
    const { total, parts } = counted(minute);
    if (total > busiest.total) busiest = { total, parts };
  }
  return busiest;
}

function counted(parts: ReadonlyArray<readonly [string | null, number]>): Counted {
  return { total: parts.reduce((sum, [, count]) => sum + count, 0), parts: new Map(parts) };
}

function nameOf(names: MeasuredGroup['names']): string | null {
  return Object.values(names)[0] ?? null;
}

function blame(dimension: string, total: number, parts: Counted['parts']): string | null {
  if (total === 0) return null;
  let most: [string | null, number] = [null, 0];
  for (const part of parts) if (part[1] > most[1]) most = part;
  const [name, count] = most;
  return `Most affected: ${name === null ? `no ${dimension}` : formatName(name)} (${formatNumber(count)} of ${formatNumber(total)}).`;
}

/**
 * Reads the calls of features that had enough calls in the same window a week before. A longer window a week before would
 * make the end of every working day look like an outage.
 */
export async function readSilence(
  rule: ConfiguredRule,
  sources: AlertSources,
  now: number,
): Promise<readonly Reading[]> {
  const window = windowOf(rule, now);
  // The running minute counts only for this week: a week before, its calls may have come later in that minute.
  const before = moved({ from: window.from, to: startOf(MINUTE, now) }, -WEEK);
  const { groups } = await sources.store.measure({ range: before, by: rule.by });
  const expected = groups.filter(({ measures }) => measures.calls >= rule.minimum);
  if (expected.length === 0) return [inconclusive({}, await nothingExpected(rule, sources, now))];
  const { groups: present } = await sources.store.measure({ range: window, by: rule.by });
  const calls = new Map(present.map(({ names, measures }) => [names.feature, measures.calls]));
  return readingsOf(rule, expected, ({ names, measures }, limit) => ({
    names,
    value: calls.get(names.feature) ?? 0,
    limit,
    inconclusive: null,
    note: `There were ${formatNumber(measures.calls)} in the same window a week before.`,
  }));
}

async function nothingExpected(rule: ConfiguredRule, { store }: AlertSources, now: number): Promise<string> {
  const weekAgo = startOf(HOUR, now) - WEEK;
  const { groups } = await store.measure({ range: { from: weekAgo - DAY, to: weekAgo } });
  return groups[0]!.measures.calls === 0
    ? 'Less than a week of history.'
    : `No feature had ${rule.minimum} calls in the same ${formatPeriod(rule.windowMs)} a week before.`;
}
