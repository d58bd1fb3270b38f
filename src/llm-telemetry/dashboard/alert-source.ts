import type { AlertsAnswer } from './api/alerts.js';

/** The token of what watches the alerts; nobody provides it where none are watched. */
export const ALERT_SOURCE = Symbol('ALERT_SOURCE');

/** The alerts as the API tells them. */
export interface AlertSource {
  current(): AlertsAnswer | Promise<AlertsAnswer>;
  /** Calls back whenever an alert has changed its state, until the function that it gives back is called. */
  onChange(listener: () => void): () => void;
}

export const NO_ALERTS: AlertsAnswer = { evaluatedAt: null, alerts: [], lastFiredAt: null };
