import type { ConfiguredRule } from '../definitions/configured-rules.js';
import { inconclusive, type AlertSources, type Reading } from './reading.js';
import { DAY, HOUR, MINUTE, WEEK, startOf } from '../../units/time.js';
import { formatNumber, formatPeriod } from '../../units/format.js';
import { moved, readingsOf, windowOf } from './window.js';

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
