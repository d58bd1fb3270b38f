import type { ConfiguredRule } from '../configured-rules.js';
import { untold, type AlertSources, type Reading } from '../reading.js';
import { DAY, HOUR, startOf } from '../time.js';
import { digits, periodWords } from '../words.js';
import { moved, readingsOf, windowOf } from './window.js';

const WEEK = 7 * DAY;

/** Work that comes a little earlier or later than a week before is not gone: this part of the window at either end. */
const SLACK = 1 / 6;

/**
 * Calls of the features that had enough of them in the same window a week before. The same window, and not the hour
 * around it: the end of every working day would look like an outage.
 */
export async function readSilence(
  rule: ConfiguredRule,
  sources: AlertSources,
  now: number,
): Promise<readonly Reading[]> {
  const window = windowOf(rule, now);
  const slackMs = rule.windowMs * SLACK;
  const inside = { from: window.from + slackMs, to: window.to - slackMs };
  const { groups } = await sources.store.measure({ range: moved(inside, -WEEK), by: rule.by });
  const expected = groups.filter(({ measures }) => measures.calls >= rule.minimum);
  if (expected.length === 0) return [untold({}, await nothingExpected(rule, sources, now))];
  const { groups: present } = await sources.store.measure({ range: window, by: rule.by });
  const calls = new Map(present.map(({ names, measures }) => [names.feature, measures.calls]));
  return readingsOf(rule, expected, ({ names, measures }, limit) => ({
    names,
    value: calls.get(names.feature) ?? 0,
    limit,
    untold: null,
    note: `A week before there were at least ${digits(measures.calls)}.`,
  }));
}

async function nothingExpected(rule: ConfiguredRule, { store }: AlertSources, now: number): Promise<string> {
  const weekAgo = startOf(HOUR, now) - WEEK;
  const { groups } = await store.measure({ range: { from: weekAgo - DAY, to: weekAgo } });
  return groups[0]!.measures.calls === 0
    ? 'Less than a week of history.'
    : `No feature had ${rule.minimum} calls in these ${periodWords(rule.windowMs)} a week before.`;
}
