import { SETTLED_AFTER_MS, TAKE_OVER_AFTER_MS, type AlertClaim, type NotifiedState } from '../fleet.js';

/** Which instance notifies the last change of an alert. */
export interface NotifiedAlert {
  readonly state: NotifiedState;
  /** UUID of the instance. */
  readonly by: string;
  /** When it claimed the change, Unix milliseconds of the database. */
  readonly at: number;
  readonly isNotified: boolean;
}

/** Decides about a claim of an instance. `alert`: `null` if no change of it was claimed before. */
export function answerToClaim(
  alert: NotifiedAlert | null,
  { state, by, at }: Omit<NotifiedAlert, 'isNotified'>,
): AlertClaim {
  // Only an alert that fired can be resolved.
  if (alert === null) return state === 'firing' ? 'yours' : 'notified';
  const isLate = at - alert.at >= (alert.state === state ? TAKE_OVER_AFTER_MS : SETTLED_AFTER_MS);
  if (alert.state === state) return alert.isNotified ? 'notified' : isLate ? 'yours' : 'later';
  return alert.by === by || isLate ? 'yours' : 'later';
}
