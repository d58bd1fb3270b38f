import type { CallRow } from '../../store/calls.js';
import type { AlertsAnswer } from '../../alerts/definitions/alerts-answer.js';

/**
 * What `api/live` sends: the event's name and its data, as JSON. A comment comes every 15 seconds where there is nothing
 * else. A client that does not keep up is dropped and may come back; beyond the greatest number of clients the answer is
 * a 503 with `Retry-After`, which `EventSource` does not follow by itself.
 *
 * @publicApi
 */
export interface LiveEvents {
  readonly calls: CallsEvent;
  readonly alerts: AlertsEvent;
}

/** Calls that have ended since the event before, the newest first: within 2 seconds of their end. @publicApi */
export interface CallsEvent {
  readonly calls: readonly CallRow[];
  /** True where more have ended than are in here. */
  readonly more: boolean;
}

/** The alerts, whenever one has changed its state; and once at the start. @publicApi */
export type AlertsEvent = AlertsAnswer;
