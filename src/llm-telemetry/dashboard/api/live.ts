import type { CallRow } from '../../store/calls.js';
import type { AlertsResponse } from '../../alerts/definitions/alerts-response.js';

/**
 * Events of `api/live` by name, with their JSON data. A heartbeat comment is sent after 15 seconds without an event. Slow
 * clients are disconnected and may reconnect. At the client limit the response is a 503 with `Retry-After`, after which
 * `EventSource` does not reconnect by itself.
 *
 * @publicApi
 */
export interface LiveEvents {
  readonly calls: CallsEvent;
  readonly alerts: AlertsEvent;
}

/** Calls that ended since the previous event, newest first, within 2 seconds of their end. @publicApi */
export interface CallsEvent {
  readonly calls: readonly CallRow[];
  /** True if more calls ended than the event contains. */
  readonly more: boolean;
}

/** All alerts: sent once on connection and whenever an alert changes its state. @publicApi */
export type AlertsEvent = AlertsResponse;
