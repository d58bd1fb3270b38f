/**
 * Coordinates the instances that share a store. All methods reject while the database does not respond.
 *
 * @publicApi
 */
export interface FleetCoordination {
  /** Returns the keys of the alerts that were last notified as firing. */
  firingAlerts(): Promise<readonly string[]>;
  /** Decides which instance notifies a change of an alert's state. Each instance that sees the change asks. */
  claimAlert(key: string, state: NotifiedState): Promise<AlertClaim>;
  /** Reports that a change that was `yours` was notified. Without it, another instance notifies the change after a minute. */
  alertNotified(key: string, state: NotifiedState): Promise<void>;
}

/** State of an alert that is notified. @publicApi */
export type NotifiedState = 'firing' | 'resolved';

/**
 * Answer to a claim. `yours`: notify the change, then call `alertNotified`. `notified`: another instance did. `later`: ask
 * again, because another instance is notifying it, or has just notified the opposite.
 *
 * @publicApi
 */
export type AlertClaim = 'yours' | 'notified' | 'later';

/** How long an instance can take to notify a change before another one takes over. */
export const TAKE_OVER_AFTER_MS = 60_000;
/**
 * How long the state of an alert stays after another instance changed it: instances evaluate at different times, so one can
 * see a change late that another has already seen pass.
 */
export const SETTLED_AFTER_MS = 30_000;
