import type { AlertState } from './definitions/alerts-answer.js';
import type { ConfiguredRule } from './definitions/configured-rules.js';
import type { Reading } from './readings/reading.js';
import { MINUTE } from '../units/time.js';

/** Time for which an instance is shown as resolved after it fired. */
export const RESOLVED_FOR_MS = 15 * MINUTE;

/** State of an instance. */
export interface InstanceState {
  readonly state: AlertState;
  /** Start of the state, Unix milliseconds. */
  readonly since: number;
}

/**
 * Returns the state that follows from a reading. An alert fires when its value stayed beyond the limit for `forMs`. It
 * resolves as soon as the value is within the limit or unknown. If the clock was set back, waits restart.
 */
export function nextState(
  before: InstanceState | null,
  reading: Reading,
  { fires, forMs }: Pick<ConfiguredRule, 'fires' | 'forMs'>,
  now: number,
): InstanceState {
  const since = before === null ? now : Math.min(before.since, now);
  if (isBeyond(reading, fires)) {
    if (before?.state === 'firing') return { state: 'firing', since };
    const beyondSince = before?.state === 'pending' ? since : now;
    return now - beyondSince >= forMs
      ? { state: 'firing', since: now }
      : { state: 'pending', since: beyondSince };
  }
  if (before?.state === 'firing') return { state: 'resolved', since: now };
  if (before?.state === 'resolved' && now - since < RESOLVED_FOR_MS) return { state: 'resolved', since };
  const calm = reading.inconclusive ?? 'ok';
  return { state: calm, since: before?.state === calm ? since : now };
}

/** Returns whether a reading is beyond its limit. An unknown value never is. */
export function isBeyond({ inconclusive, value, limit }: Reading, fires: ConfiguredRule['fires']): boolean {
  if (inconclusive !== null || value === null || limit === null) return false;
  return fires === 'above' ? value > limit : value < limit;
}
