import type { MeasuredGroup, TimeRange } from '../../store/measures.js';
import type { AlertNames } from '../definitions/alerts-answer.js';
import type { ConfiguredRule } from '../definitions/configured-rules.js';
import { inconclusive, type Reading } from './reading.js';
import { formatPeriod } from '../../units/format.js';

/** Returns the window of an alert. The store widens it to whole minutes and includes the running one. */
export function windowOf({ windowMs }: ConfiguredRule, now: number): TimeRange {
  return { from: now - windowMs, to: now };
}

export function moved({ from, to }: TimeRange, byMs: number): TimeRange {
  return { from: from + byMs, to: to + byMs };
}

/** Returns the limit of an instance, or that of its feature; `null`: disabled for the feature. */
export function limitFor(rule: ConfiguredRule, names: AlertNames): number | null {
  const own = typeof names.feature === 'string' ? rule.features.get(names.feature) : undefined;
  return own === false ? null : (own ?? rule.limit);
}

/** Returns a reading for each group, or one without names if there are no groups. */
export function readingsOf(
  rule: ConfiguredRule,
  groups: readonly MeasuredGroup[],
  read: (group: MeasuredGroup, limit: number) => Reading,
): readonly Reading[] {
  if (groups.length === 0) return [inconclusive({}, `No calls in ${formatPeriod(rule.windowMs)}.`)];
  return groups.map((group) => {
    const limit = limitFor(rule, group.names);
    return limit === null ? unwatched(group.names) : read(group, limit);
  });
}

function unwatched(names: AlertNames): Reading {
  return { names, value: null, limit: null, inconclusive: 'disabled', note: 'Disabled for this feature.' };
}
