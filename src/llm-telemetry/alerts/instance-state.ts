import type { AlertState } from './definitions/alerts-answer.js';
import type { ConfiguredRule } from './definitions/configured-rules.js';
import type { Reading } from './readings/reading.js';
import { MINUTE } from '../units/time.js';

/** How long an instance that has fired is shown as resolved. */
export const RESOLVED_FOR_MS = 15 * MINUTE;

export interface InstanceState {
  readonly state: AlertState;
  /** Since when, Unix milliseconds. */
  readonly since: number;
}

/**
 * The state that follows from a reading. An alert fires once it has been beyond its limit for as long as the rule says,
 * and resolves as soon as it is not, or as it cannot be told any more. A clock that was set back starts waits anew.
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
  const calm = reading.untold ?? 'ok';
  return { state: calm, since: before?.state === calm ? since : now };
}

/** Only what can be told is beyond a limit. */
export function isBeyond({ untold, value, limit }: Reading, fires: ConfiguredRule['fires']): boolean {
  if (untold !== null || value === null || limit === null) return false;
  return fires === 'above' ? value > limit : value < limit;
}
