/** Name of an alert. @publicApi */
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
 * State of an alert.
 *
 * - `ok`: within the limit.
 * - `pending`: beyond the limit, but not yet for long enough to fire.
 * - `firing`: beyond the limit for long enough.
 * - `resolved`: stopped firing recently.
 * - `insufficient_data`: too little history or too few calls for an evaluation.
 * - `disabled`: disabled by the options, or nothing to watch (no budget).
 *
 * @publicApi
 */
export type AlertState = 'ok' | 'pending' | 'firing' | 'resolved' | 'insufficient_data' | 'disabled';

/** Unit of the values of an alert. `ratio`: 0.05 is 5 %. @publicApi */
export type AlertUnit = 'ms' | 'ratio' | 'usd' | 'usd_per_hour' | 'per_minute' | 'calls';

/** Severity of an alert. `critical`: users are affected now. @publicApi */
export type AlertSeverity = 'warning' | 'critical';

/** Dimension values of an alert instance. Empty: the whole application. @publicApi */
export type AlertNames = Readonly<
  Partial<Record<'feature' | 'operation' | 'model' | 'budget', string | null>>
>;

/**
 * Notification about an alert that fired or resolved. Contains names and numbers, never prompts.
 *
 * @publicApi
 */
export interface Alert {
  readonly name: AlertName;
  readonly severity: AlertSeverity;
  readonly state: 'firing' | 'resolved';
  /** The feature, operation, model or budget. Empty: the whole application. */
  readonly names: AlertNames;
  /** `null`: unknown, because there are too few calls. */
  readonly value: number | null;
  readonly limit: number | null;
  /** Unit of `value` and `limit`. `ratio`: 0.05 is 5 %. */
  readonly unit: AlertUnit;
  /** Condition under which the alert fires, as text. */
  readonly condition: string;
  /** Message with value, window and limit, and with a remedy if the alert fires. */
  readonly sentence: string;
  /** Additional information, as text. */
  readonly note: string | null;
  /** Start of this state, Unix milliseconds. */
  readonly since: number;
  readonly windowMs: number;
  readonly forMs: number;
  /** Identifies an instance of an alert. Stable across states, restarts and processes. */
  readonly key: string;
}
