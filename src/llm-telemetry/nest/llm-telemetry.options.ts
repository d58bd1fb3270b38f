import type { ExecutionContext } from '@nestjs/common';
import type { BudgetLedger } from '../budgets/budget-ledger.js';
import type { Budget } from '../budgets/budget.options.js';
import type { ContentOptions } from '../calls/content.js';
import type { CallRecord, RequestIdentity } from '../calls/record.js';
import type { AlertsOption } from '../alerts/definitions/alerts.options.js';
import type { DashboardOption } from '../dashboard/server/settings/dashboard.options.js';
import type { PricingOptions } from '../pricing/pricing.options.js';
import type { MetricAttribute } from '../sinks/metrics/metric-attributes.js';
import type { Semconv } from '../sinks/semconv.js';
import type { StoreOption } from '../store/store.options.js';
import type { FinishReason } from '../wire/finish-reason.js';

/**
 * Options of `LlmTelemetryModule.forRoot`. All are optional, and the defaults are what a newcomer wants.
 *
 * @publicApi
 */
export interface LlmTelemetryOptions {
  /** `false` leaves an inert module: everything can be injected, nothing is recorded. Default `true`. */
  enabled?: boolean | undefined;
  /** Prices of your own, before the table's. */
  pricing?: PricingOptions | undefined;
  /** Puts prompts and answers on the spans of attempts, redacted by your own function. Default: none of it, anywhere. */
  content?: ContentOptions | undefined;
  /**
   * Asks for the usage of streamed chat completions that do not ask for it (`stream_options.include_usage`), and takes it
   * out of the answer again before the application sees it. Only requests to OpenAI and to servers of your own, made
   * with the platform's `fetch`. Default `false`: the tokens of such streams are estimated.
   */
  includeStreamUsage?: boolean | undefined;
  /**
   * Who an incoming request is served for. Goes on spans and into records, never into logs, and into metrics only where
   * `metricAttributes` asks for it.
   */
  requestContext?: ((context: ExecutionContext) => RequestIdentity | undefined) | undefined;
  /**
   * Which names the GenAI conventions' metrics have: `1.41` (`gen_ai.client.operation.duration`,
   * `gen_ai.client.token.usage`, …), `latest` (`gen_ai.client.inference.duration`, …) or `both`. On spans, `latest` leaves
   * out `gen_ai.usage.cache_creation.input_tokens`, the older name of `gen_ai.usage.cache_write.input_tokens`. Default
   * `1.41`, which published constants and dashboards know.
   */
  semconv?: Semconv | undefined;
  /**
   * Where calls are remembered: `{ path, retention }` (an SQLite file), `'memory'`, `false` (nowhere) or a store of your
   * own. Default `./.llm-telemetry/calls.db`; memory where `NODE_ENV` is `test`.
   */
  store?: StoreOption | undefined;
  /**
   * Attributes that the metrics `llm.*` have besides feature, operation, provider and model: `http.route`, `llm.tenant`,
   * `user.id`, `session.id`. Each multiplies the number of series; as with the others, past 200 values it is `other`.
   * Default: none.
   */
  metricAttributes?: readonly MetricAttribute[] | undefined;
  /** Called with the record of each call that has ended. What it throws is caught and reported once. */
  onCall?: ((record: CallRecord) => unknown) | undefined;
  /**
   * Finish reasons after which a span has the status ERROR although nothing was thrown. `content_filter` and `error` also
   * make the call a failure (`record.failure`, `llm.error`, `llm.errors`); if one of them is left out, it is none.
   * @defaultValue ['length', 'context_window', 'content_filter', 'error']
   * @example errorStatuses: ['length', 'context_window'] // answers that were filtered are not errors
   */
  errorStatuses?: readonly FinishReason[] | undefined;
  /** Where the dashboard and its API are, and who may read them. Default: at `llm`, outside production, for this machine. */
  dashboard?: DashboardOption | undefined;
  /** Limits of the alerts, and where they are sent to; `false`: nothing is watched. Default: all, in the log alone. */
  alerts?: AlertsOption | undefined;
  /**
   * How much may be spent in an hour, a day or a month (of UTC), on a feature, for a tenant or in all, and whether calls are
   * refused after that. Default: none.
   */
  budgets?: readonly Budget[] | undefined;
  /** Counts for several instances that share no store. Default: the store, which one machine's processes can share. */
  budgetLedger?: BudgetLedger | undefined;
}
