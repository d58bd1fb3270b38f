/** @publicApi */
export type AlertName =
  | 'high_latency'
  | 'truncation_spike'
  | 'rate_limiting'
  | 'cost_spike'
  | 'content_filter'
  | 'error_ratio'
  | 'unpriced_calls'
  | 'missing_usage'
  | 'budget_burn'
  | 'traffic_gone';

/**
 * - `ok`: looked at, and below its limit.
 * - `pending`: beyond its limit, not yet for as long as it takes to fire.
 * - `firing`
 * - `resolved`: has fired, and is below its limit again, since a short while.
 * - `insufficient_data`: too little history or too few calls to tell.
 * - `disabled`: switched off, or nothing to watch (no budget).
 *
 * @publicApi
 */
export type AlertState = 'ok' | 'pending' | 'firing' | 'resolved' | 'insufficient_data' | 'disabled';

/** What an alert's values are. `ratio`: 0.05 is 5 %. @publicApi */
export type AlertUnit = 'ms' | 'ratio' | 'usd' | 'usd_per_hour' | 'per_minute' | 'calls';

/** Every alert, in whatever state. @publicApi */
export interface AlertsAnswer {
  /** When they were last looked at; `null`: not yet. */
  readonly evaluatedAt: number | null;
  readonly alerts: readonly AlertRule[];
  /** When one last fired, as far as is known; `null`: never. */
  readonly lastFiredAt: number | null;
}

/** One alert with what it watches. @publicApi */
export interface AlertRule {
  readonly name: AlertName;
  /** The worst of its instances: firing, pending, resolved, ok, insufficient_data. */
  readonly state: AlertState;
  readonly unit: AlertUnit;
  /** Of those without one of their own. */
  readonly limit: number;
  readonly windowMs: number;
  /** How long it must be beyond its limit before it fires. */
  readonly forMs: number;
  /** One for each feature, operation or model that it tells apart; the worst first. */
  readonly instances: readonly AlertInstance[];
}

/** @publicApi */
export interface AlertInstance {
  readonly state: AlertState;
  /** What it is about. Empty: the whole application. */
  readonly names: Readonly<Partial<Record<'feature' | 'operation' | 'model', string | null>>>;
  /** `null`: not known, for want of calls. */
  readonly value: number | null;
  readonly limit: number;
  /** Since when it is in this state. */
  readonly since: number;
  /** Why there is nothing to tell, or what is to be known besides, for people. */
  readonly note: string | null;
}
