import type { MeasuredGroup, TimeRange } from '../../store/measures.js';
import type { AlertNames } from '../definitions/alerts-answer.js';
import type { ConfiguredRule } from '../definitions/configured-rules.js';
import { untold, type Reading } from './reading.js';
import { periodWords } from '../definitions/words.js';

/** An alert's window. The store widens it to whole minutes, the running one included, so that nothing has to wait for one. */
export function windowOf({ windowMs }: ConfiguredRule, now: number): TimeRange {
  return { from: now - windowMs, to: now };
}

export function moved({ from, to }: TimeRange, byMs: number): TimeRange {
  return { from: from + byMs, to: to + byMs };
}

/** The limit of an instance, its feature's own where it has one; `null`: it is not watched. */
export function limitFor(rule: ConfiguredRule, names: AlertNames): number | null {
  const own = typeof names.feature === 'string' ? rule.features.get(names.feature) : undefined;
  return own === false ? null : (own ?? rule.limit);
}

/** The readings of groups that are watched; where there are none, one that says so. */
export function readingsOf(
  rule: ConfiguredRule,
  groups: readonly MeasuredGroup[],
  read: (group: MeasuredGroup, limit: number) => Reading,
): readonly Reading[] {
  if (groups.length === 0) return [untold({}, `No calls in ${periodWords(rule.windowMs)}.`)];
  return groups.map((group) => {
    const limit = limitFor(rule, group.names);
    return limit === null ? unwatched(group.names) : read(group, limit);
  });
}

function unwatched(names: AlertNames): Reading {
  return { names, value: null, limit: null, untold: 'disabled', note: 'Not watched for this feature.' };
}
