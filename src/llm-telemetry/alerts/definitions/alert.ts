import type { AlertName, AlertNames, AlertSeverity, AlertUnit } from './alerts-answer.js';

/**
 * What is told of an alert that has begun to fire or has resolved. It holds names and numbers, no prompts.
 *
 * @publicApi
 */
export interface Alert {
  readonly name: AlertName;
  readonly severity: AlertSeverity;
  readonly state: 'firing' | 'resolved';
  /** Which feature, operation or model. Empty: the whole application. */
  readonly names: AlertNames;
  /** `null`: not known any more, for want of calls. */
  readonly value: number | null;
  readonly limit: number | null;
  /** Of `value` and `limit`. `ratio`: 0.05 is 5 %. */
  readonly unit: AlertUnit;
  /** When it fires, for people. */
  readonly condition: string;
  /** What has happened, for people. */
  readonly sentence: string;
  /** What is to be known besides, for people. */
  readonly note: string | null;
  /** Since when it is in this state, Unix milliseconds. */
  readonly since: number;
  readonly windowMs: number;
  readonly forMs: number;
  /** The same for the same instance of the same alert: when it fires again, when it resolves, and in every process. */
  readonly key: string;
}
