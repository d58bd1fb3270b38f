import type { Alert, AlertName } from './alert.js';

/**
 * Options for alerts on stored calls; `true` is the same as `{}`, `false` disables all alerts. In a fleet that shares a PostgreSQL or ClickHouse store,
 * each change is notified once, by one of the instances. Processes that share a file notify each change each: configure the
 * `webhook` in one of them, or deduplicate by `key` in the receiver.
 *
 * @publicApi
 */
export type AlertsOption = AlertsOptions | boolean;

/** Options for alerts. @publicApi */
export interface AlertsOptions {
  /**
   * Overrides the default limits.
   * @example limits: { error_ratio: 0.02, high_latency: { limit: 5_000, features: { batch: false } } }
   */
  readonly limits?: AlertLimits | undefined;
  /** Names of disabled alerts. */
  readonly disabled?: readonly AlertName[] | undefined;
  /** Called when an alert fires and when it resolves. Errors are caught and logged once. */
  readonly onAlert?: ((alert: Alert) => unknown) | undefined;
  /**
   * Whether `onAlert` is called in every instance of a fleet instead of only in the one that notifies the change.
   * @defaultValue false
   */
  readonly everyInstance?: boolean | undefined;
  readonly webhook?: WebhookOptions | undefined;
  /**
   * Evaluation interval in milliseconds, from 1,000 to 600,000.
   * @defaultValue 15_000
   */
  readonly everyMs?: number | undefined;
}

/**
 * Options for the alert webhook. Alerts are posted as JSON `{ text, blocks, service, alert }`; Slack's incoming webhooks
 * show `text` and `blocks`. A request is retried for about two minutes until the response is a 2xx. Redirects are not
 * followed.
 *
 * @publicApi
 */
export interface WebhookOptions {
  /**
   * An http or https URL. It is treated as a secret: it never appears in logs or spans. `undefined` (an unset environment
   * variable) disables the webhook.
   */
  readonly url?: string | undefined;
  /**
   * Additional request headers.
   * @example headers: { authorization: `Bearer ${process.env.ALERT_TOKEN}` }
   */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * Timeout of one request in milliseconds, from 1 to 60,000.
   * @defaultValue 10_000
   */
  readonly timeoutMs?: number | undefined;
}

/** Limits by alert. A number overrides only the limit; an object can also override window, wait and minimum. @publicApi */
export interface AlertLimits {
  /** P99 duration in milliseconds, by feature and operation. Default: 10,000 in 5 minutes with 20 calls, for 2 minutes. */
  readonly high_latency?: number | FeatureAlertLimit | undefined;
  /** Share of truncated calls from 0 to 1, by model. Default: 0.05 in 15 minutes with 20 calls, for 5 minutes. */
  readonly truncation_spike?: number | AlertLimit | undefined;
  /** Rate-limited requests a minute. Default: 10, for 2 minutes. */
  readonly rate_limiting?: number | AlertLimit | undefined;
  /**
   * Factor of the mean cost at the same time on the previous 7 days (else in the previous 24 hours), by feature. Default:
   * 2 in an hour with $0.10 and 6 hours of history, for 10 minutes.
   */
  readonly cost_spike?: number | FeatureAlertLimit | undefined;
  /** Calls blocked by a content filter. Default: 3 in an hour. */
  readonly content_filter?: number | AlertLimit | undefined;
  /** Share of failed calls from 0 to 1, by feature. Default: 0.05 in 5 minutes with 20 calls, for 5 minutes. */
  readonly error_ratio?: number | FeatureAlertLimit | undefined;
  /** Calls without a known price. Default: 0 in an hour. */
  readonly unpriced_calls?: number | AlertLimit | undefined;
  /** Share of calls without usage from 0 to 1. Default: 0.01 in an hour with 20 calls with a response, for 15 minutes. */
  readonly missing_usage?: number | AlertLimit | undefined;
  /** Projected spend as a factor of the budget. Default: 1. */
  readonly budget_burn?: number | AlertLimit | undefined;
  /** Minimum number of calls, by feature. Default: 1 in 30 minutes with 20 calls in the same window a week before. */
  readonly traffic_gone?: number | FeatureAlertLimit | undefined;
}

/** Limit of one alert. @publicApi */
export interface AlertLimit {
  /** Limit in the unit of the alert. */
  readonly limit?: number | undefined;
  /** Evaluated time in milliseconds: whole minutes, up to 7 days. */
  readonly windowMs?: number | undefined;
  /** Time in milliseconds that the value must stay beyond the limit before the alert fires; up to a day. */
  readonly forMs?: number | undefined;
  /** Minimum volume in the window for an evaluation: calls, or USD for `cost_spike`. */
  readonly minimum?: number | undefined;
}

/** Limit of one alert, with limits for single features. @publicApi */
export interface FeatureAlertLimit extends AlertLimit {
  /** Limits by feature; `false` disables the alert for a feature. */
  readonly features?: Readonly<Record<string, number | false>> | undefined;
}
