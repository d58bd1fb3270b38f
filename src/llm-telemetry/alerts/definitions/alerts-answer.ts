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
 * - `ok`: looked at, and within its limit.
 * - `pending`: beyond its limit, not yet for as long as it takes to fire.
 * - `firing`
 * - `resolved`: has fired, and is no longer beyond its limit, since a short while.
 * - `insufficient_data`: too little history or too few calls to tell.
 * - `disabled`: switched off, or nothing to watch (no budget).
 *
 * @publicApi
 */
export type AlertState = 'ok' | 'pending' | 'firing' | 'resolved' | 'insufficient_data' | 'disabled';

/** What an alert's values are. `ratio`: 0.05 is 5 %. @publicApi */
export type AlertUnit = 'ms' | 'ratio' | 'usd' | 'usd_per_hour' | 'per_minute' | 'calls';

/** `critical`: users feel it now. @publicApi */
export type AlertSeverity = 'warning' | 'critical';

/** What an instance of an alert is about. Empty: the whole application. @publicApi */
export type AlertNames = Readonly<
  Partial<Record<'feature' | 'operation' | 'model' | 'budget', string | null>>
>;

/** Every alert, in whatever state. @publicApi */
export interface AlertsAnswer {
  /** When they were last looked at; `null`: not yet. */
  readonly evaluatedAt: number | null;
  /** All of them, the worst first. */
  readonly alerts: readonly AlertRule[];
  /** When one last fired, as far as is known; `null`: never. */
  readonly lastFiredAt: number | null;
  /** The periods in which alerts fired, the latest first: what this process has seen, at most the last 1,000. */
  readonly firings: readonly AlertFiring[];
}

/** One alert with what it watches. @publicApi */
export interface AlertRule {
  readonly name: AlertName;
  readonly severity: AlertSeverity;
  /** The worst of its instances: firing, pending, resolved, ok, insufficient_data. */
  readonly state: AlertState;
  /** When it fires, for people. */
  readonly condition: string;
  readonly unit: AlertUnit;
  /** Of those without one of their own; `null` where it follows from what each was before. */
  readonly limit: number | null;
  /** On which side of the limit it fires. */
  readonly fires: 'above' | 'below';
  readonly windowMs: number;
  /** How long it must be beyond its limit before it fires. */
  readonly forMs: number;
  /** One for each feature, operation or model that it tells apart; the worst first. */
  readonly instances: readonly AlertInstance[];
}

/** @publicApi */
export interface AlertInstance {
  readonly state: AlertState;
  readonly names: AlertNames;
  /** `null`: not known, for want of calls. */
  readonly value: number | null;
  /** `null`: not known, for want of history. */
  readonly limit: number | null;
  /** Since when it is in this state. */
  readonly since: number;
  /** When it last began to fire, as far as is known; `null`: never. */
  readonly lastFiredAt: number | null;
  /** What there is to say of it, for people. */
  readonly sentence: string;
  /** Why there is nothing to tell, or what is to be known besides, for people. */
  readonly note: string | null;
}

/** A period in which an alert fired. @publicApi */
export interface AlertFiring {
  readonly name: AlertName;
  readonly names: AlertNames;
  readonly from: number;
  /** `null`: it still does. */
  readonly to: number | null;
}
