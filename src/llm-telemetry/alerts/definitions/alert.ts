import type { AlertName, AlertNames, AlertSeverity, AlertUnit } from './alerts-answer.js';

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
