import type { AlertName } from './alerts-answer.js';
import type { Alert } from './alert.js';

/**
 * Alerts on what the store remembers; `false`: none. Every process tells of each change once; where several share a
 * store's file, give the `webhook` to one of them, or let its receiver tell the same alerts by their `key`.
 *
 * @publicApi
 */
export type AlertsOption = AlertsOptions | false;

/** @publicApi */
export interface AlertsOptions {
  /** Limits of your own. */
  readonly limits?: AlertLimits | undefined;
  /** Alerts that are not watched. */
  readonly disabled?: readonly AlertName[] | undefined;
  /** Called when an alert begins to fire and when it has resolved. What it throws is caught and reported once. */
  readonly onAlert?: ((alert: Alert) => unknown) | undefined;
  readonly webhook?: WebhookOptions | undefined;
  /** How often alerts are looked at, in milliseconds, from 1,000 to 10 minutes. Default 15,000. */
  readonly everyMs?: number | undefined;
}

/**
 * Where alerts are posted to as JSON: `{ text, blocks, alert }`, of which Slack's incoming webhooks show the first two.
 * Anything but a 2xx is sent again, for about two minutes in all; redirects are not followed.
 *
 * @publicApi
 */
export interface WebhookOptions {
  /**
   * An http or https URL. It is a secret, and never part of a log line or a span. `undefined`, as of a variable that is
   * not set, is the same as no webhook.
   */
  readonly url?: string | undefined;
  /** Sent along, such as `{ authorization: 'Bearer …' }`. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** How long an answer may take, in milliseconds, up to a minute. Default 10,000. */
  readonly timeoutMs?: number | undefined;
}

/** A number is a limit; the rest of an alert stays as it is. @publicApi */
export interface AlertLimits {
  /** Milliseconds. Default 10,000, of at least 20 calls in 5 minutes, for 2 minutes. By feature and operation. */
  readonly high_latency?: number | FeatureAlertLimit | undefined;
  /** From 0 to 1. Default 0.05, of at least 20 calls in 15 minutes, for 5 minutes. By model. */
  readonly truncation_spike?: number | AlertLimit | undefined;
  /** Requests a minute. Default 10, for 2 minutes. */
  readonly rate_limiting?: number | AlertLimit | undefined;
  /**
   * A multiple of what it was at the same time on the 7 days before (else in the 24 hours before). Default 2, from $0.10
   * in an hour on, for 10 minutes, with at least 6 hours of history. By feature.
   */
  readonly cost_spike?: number | FeatureAlertLimit | undefined;
  /** Calls. Default 3 in an hour. */
  readonly content_filter?: number | AlertLimit | undefined;
  /** From 0 to 1. Default 0.05, of at least 20 calls in 5 minutes, for 5 minutes. By feature. */
  readonly error_ratio?: number | FeatureAlertLimit | undefined;
  /** Calls. Default 0 in an hour. */
  readonly unpriced_calls?: number | AlertLimit | undefined;
  /** From 0 to 1. Default 0.01, of at least 20 answers in an hour, for 15 minutes. */
  readonly missing_usage?: number | AlertLimit | undefined;
  /** A multiple of the budget. Default 1. */
  readonly budget_burn?: number | AlertLimit | undefined;
  /** Fires below so many calls. Default 1 in 30 minutes that had at least 20 a week before. By feature. */
  readonly traffic_gone?: number | FeatureAlertLimit | undefined;
}

/** @publicApi */
export interface AlertLimit {
  readonly limit?: number | undefined;
  /** Whole minutes, in milliseconds; up to 7 days. */
  readonly windowMs?: number | undefined;
  /** How long it must be beyond the limit before it fires, in milliseconds; up to a day. */
  readonly forMs?: number | undefined;
  /** What there must be in the window before anything is told: calls, or USD of `cost_spike`. */
  readonly minimum?: number | undefined;
}

/** @publicApi */
export interface FeatureAlertLimit extends AlertLimit {
  /** Limits of single features; `false`: it is not watched. */
  readonly features?: Readonly<Record<string, number | false>> | undefined;
}
