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
  /**
   * Reports what this instance has spent of a budget, and grants it a share of the rest that it can spend without asking.
   * Omitted by stores that cannot decide at once for all instances.
   */
  shareBudget?(request: BudgetShareRequest): Promise<BudgetShare>;
}

/** Amounts are whole units of 10⁻¹² USD. @publicApi */
export interface BudgetShareRequest {
  /** Key of a budget in one period, the same in all instances. */
  readonly account: string;
  /** End of the period, Unix milliseconds. */
  readonly until: number;
  readonly limit: number;
  /** Numbers the requests of an instance about an account. A request that is repeated has the same number and counts once. */
  readonly number: number;
  /** Spent by this instance since its previous request. */
  readonly spent: number;
  /** Spent by all instances as far as this one knows from the store; a lower bound. */
  readonly known: number;
  /** What this instance needs for its calls in flight and the next ones; 0: its share is free for others. */
  readonly wanted: number;
}

/** @publicApi */
export interface BudgetShare {
  /** What this instance can still spend of its share. */
  readonly granted: number;
  /** Spent by all instances. */
  readonly spent: number;
  /** Neither spent nor granted to any instance. */
  readonly free: number;
  /** Instances that use the budget. */
  readonly instances: number;
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
