import type { AlertName, AlertNames, AlertSeverity, AlertState, AlertUnit } from './alert.js';

/** All alerts in any state. @publicApi */
export interface AlertsResponse {
  /** Time of the last complete evaluation, Unix milliseconds. `null`: none yet. */
  readonly evaluatedAt: number | null;
  /** All alerts, the worst first. */
  readonly alerts: readonly AlertRule[];
  /** Time when an alert last started to fire, as far as known, Unix milliseconds. `null`: never. */
  readonly lastFiredAt: number | null;
  /** Periods in which alerts fired since the start of this process, the latest first; at most 1,000. */
  readonly firings: readonly AlertFiring[];
}

/** One alert with its instances. @publicApi */
export interface AlertRule {
  readonly name: AlertName;
  readonly severity: AlertSeverity;
  /** The worst state of its instances: firing, pending, resolved, ok, insufficient_data. */
  readonly state: AlertState;
  /** Condition under which the alert fires, as text. */
  readonly condition: string;
  readonly unit: AlertUnit;
  /** Default limit of its instances. `null`: each instance has its own, derived from its history or budget. */
  readonly limit: number | null;
  /** Side of the limit on which the alert fires. */
  readonly fires: 'above' | 'below';
  readonly windowMs: number;
  /** Time in milliseconds that the value must stay beyond the limit before the alert fires. */
  readonly forMs: number;
  /** One for each feature, operation, model or budget; the worst first. */
  readonly instances: readonly AlertInstance[];
}

/** An alert for one feature, operation, model or budget. @publicApi */
export interface AlertInstance {
  readonly state: AlertState;
  readonly names: AlertNames;
  /** `null`: unknown, because there are too few calls. */
  readonly value: number | null;
  /** `null`: unknown, because there is too little history. */
  readonly limit: number | null;
  /** Start of this state, Unix milliseconds. */
  readonly since: number;
  /** Time when it last started to fire, as far as known, Unix milliseconds. `null`: never. */
  readonly lastFiredAt: number | null;
  /** Message with value, window and limit, and with a remedy if the alert fires. */
  readonly sentence: string;
  /** Reason for a missing value, or additional information, as text. */
  readonly note: string | null;
}

/** A period in which an alert fired. @publicApi */
export interface AlertFiring {
  readonly name: AlertName;
  readonly names: AlertNames;
  readonly from: number;
  /** `null`: still firing. */
  readonly to: number | null;
}
