import type { ExecutionContext } from '@nestjs/common';
import type { BudgetLedger } from '../budgets/budget-ledger.js';
import type { Budget } from '../budgets/budget.options.js';
import type { ContentOptions } from '../calls/content.js';
import type { CallRecord, RequestIdentity } from '../calls/record.js';
import type { AlertsOption } from '../alerts/definitions/alerts.options.js';
import type { DashboardOption } from '../dashboard/server/settings/dashboard.options.js';
import type { PricingOptions } from '../pricing/pricing.options.js';
import type { MetricAttribute } from '../sinks/metrics/metric-attributes.js';
import type { Semconv, SemconvOptions } from '../sinks/attributes.js';
import type { ServiceOptions } from '../runtime/service-identity.js';
import type { StoreOption } from '../store/store.options.js';
import type { FinishReason } from '../wire/finish-reason.js';

/**
 * Options of `LlmTelemetryModule.forRoot`. All are optional.
 *
 * @publicApi
 */
export interface LlmTelemetryOptions {
  /**
   * Disables the module if `false`: providers stay injectable, nothing is recorded.
   * @defaultValue true
   */
  enabled?: boolean | undefined;
  /** Your own prices, which take precedence over the built-in table. */
  pricing?: PricingOptions | undefined;
  /**
   * Adds prompts and responses to the spans of attempts, redacted by your own function.
   * @defaultValue undefined (content is recorded nowhere)
   */
  content?: ContentOptions | undefined;
  /**
   * Requests the token usage of streamed chat completions (`stream_options.include_usage`) and removes the extra chunk
   * before the application sees it. Applies to requests to OpenAI and to your own servers that use the platform's
   * `fetch`.
   * @defaultValue false (token counts of such streams are estimated and flagged)
   */
  includeStreamUsage?: boolean | undefined;
  /**
   * Returns who the current request is served for. Values are added to spans and records, never to logs, and to metrics
   * only if listed in `metricAttributes`.
   * @example requestContext: (context) => ({ userId: context.switchToHttp().getRequest().user?.id })
   */
  requestContext?: ((context: ExecutionContext) => RequestIdentity | undefined) | undefined;
  /**
   * Version of the OpenTelemetry GenAI conventions for the names of metrics and attributes: `1.41` (`gen_ai.client.operation.duration`,
   * `gen_ai.client.token.usage`, …), `latest` (`gen_ai.client.inference.duration`, …) or `both`. On spans, cache writes are
   * `gen_ai.usage.cache_creation.input_tokens` (1.41) or `gen_ai.usage.cache_write.input_tokens` (latest).
   *
   * `{ metrics: false }` omits the metrics `gen_ai.client.*`, if another library records them too.
   * @defaultValue '1.41' (the version that published constants and dashboards use)
   * @example semconv: { names: 'latest', metrics: false }
   */
  semconv?: Semconv | SemconvOptions | undefined;
  /**
   * Store for calls: `{ path, retention }` (an SQLite file), `postgresStore()` or `clickhouseStore()` (a database that
   * instances share), `'memory'`, `true` (the default), `false` (no store) or your own `CallStore`.
   * @defaultValue { path: './.llm-telemetry/calls.db' }, or 'memory' if `NODE_ENV` is `test`
   */
  store?: StoreOption | undefined;
  /** Describes the service to the store, the dashboard and alerts. */
  service?: ServiceOptions | undefined;
  /**
   * Attributes of the metrics `llm.*` in addition to feature, operation, provider and model: `http.route`, `llm.tenant`,
   * `user.id`, `session.id`. Each multiplies the number of series. After 200 distinct values, the value is `other`.
   * @defaultValue []
   */
  metricAttributes?: readonly MetricAttribute[] | undefined;
  /** Receives the record of each finished call. Errors that it throws are caught and logged once. */
  onCall?: ((record: CallRecord) => unknown) | undefined;
  /**
   * Finish reasons that set the status of a span to ERROR although nothing was thrown. `content_filter` and `error` also
   * make the call a failure (`record.failure`, `llm.error`, `llm.errors`), unless they are omitted here.
   * @defaultValue ['length', 'context_window', 'content_filter', 'error']
   * @example errorStatuses: ['length', 'context_window'] // filtered responses are not errors
   */
  errorStatuses?: readonly FinishReason[] | undefined;
  /**
   * Path of the dashboard and its API, and who has access. `true` keeps the defaults, `false` disables both.
   * @defaultValue path `llm`; outside production only, for requests from this machine
   */
  dashboard?: DashboardOption | undefined;
  /**
   * Limits and destinations of alerts. `true` keeps the defaults, `false` disables alerts.
   * @defaultValue all alerts, written to the log only
   */
  alerts?: AlertsOption | undefined;
  /**
   * Limits of the cost per hour, day or month (UTC) for a feature, a tenant or all calls, and whether further calls are
   * refused.
   * @defaultValue []
   */
  budgets?: readonly Budget[] | undefined;
  /**
   * Ledger that sums the spend of instances without a shared store, such as `redisLedger()` of
   * `nestjs-llm-telemetry/redis`.
   * @defaultValue the store, which processes of one machine can share
   */
  budgetLedger?: BudgetLedger | undefined;
}
