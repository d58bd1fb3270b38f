import './register.js';

export { LlmTelemetryModule } from './nest/llm-telemetry.module.js';
export type { LlmTelemetryOptions } from './nest/llm-telemetry.options.js';
export type {
  LlmTelemetryAsyncOptions,
  LlmTelemetryModuleExtras,
  LlmTelemetryOptionsFactory,
} from './nest/llm-telemetry.module-definition.js';
export { LlmTelemetryOptionsError } from './validation/options-error.js';
export { currentLlmCall, LlmTelemetry } from './nest/llm-telemetry.service.js';
export type { AgentQuery } from './wire/transports/agent/observed-query.js';
export type { AwsClient } from './wire/transports/aws/aws-client.js';
export type { ModelSocket } from './wire/transports/websocket/socket-events.js';
export { LlmCall, type LlmCallOptions } from './nest/llm-call.decorator.js';
export type { LlmRunOptions } from './nest/llm-call-options.js';
export { LlmFeature } from './nest/llm-feature.decorator.js';
export { LlmDecoratorError } from './nest/llm-decorator.error.js';
export { LlmTelemetryInterceptor } from './nest/llm-telemetry.interceptor.js';
export { LlmExceptionFilter, type LlmExceptionFilterOptions } from './nest/llm-exception.filter.js';

export type { AttemptContent, ContentOptions, ContentPlace } from './calls/content.js';
export type { ContentMessage, ContentPart } from './wire/content/content.js';
export type { CurrentLlmCall } from './calls/current-call.js';
export type { CallName } from './calls/call-name.js';
export type { RecordedResponse } from './calls/recorded-response.js';
export type { LlmErrorType } from './calls/error-type.js';
export type {
  AttemptRecord,
  Attributes,
  AttributeValue,
  BatchOrigin,
  CallCost,
  CallRecord,
  Failure,
  RequestIdentity,
} from './calls/record.js';
export { LlmBudgetExceededError, type ExceededBudget } from './calls/budget-exceeded.error.js';
export type { BudgetLedger, LedgerAccount, LedgerSpend, Spend } from './budgets/budget-ledger.js';
export type { BudgetShare, BudgetShareRequest } from './store/fleet.js';
export type { BudgetStatus } from './budgets/budget-status.js';
export type { Budget, BudgetPeriodName } from './budgets/budget.options.js';
export type { RetryPolicy } from './calls/methods/method-call.js';
export type { Cost, CostKind, CostLine, CostReasonCode, KnownCost, UnknownCost } from './calls/cost.js';
export type { MetricAttribute } from './sinks/metrics/metric-attributes.js';
export type { Semconv, SemconvOptions } from './sinks/attributes.js';
export type { FinishReason, KnownFinishReason } from './wire/finish-reason.js';
export type { RequestParameters } from './wire/formats/format.js';
export type { Usage, UsageSource } from './wire/usage.js';
export type { FoundPrices, ModelPrices, Price, PriceProvider } from './pricing/pricing.options.js';
export type { OverridePrices, PriceOverrides, PricingOptions } from './pricing/pricing.options.js';

export { LlmTelemetryQueries } from './analytics/llm-telemetry-queries.js';
export type {
  BreakdownQuery,
  BucketQuery,
  CallsQuery,
  FilteredQuery,
  TimelineQuery,
  WhatIfQuery,
} from './analytics/queries.js';
export { LlmTelemetryAlerts } from './alerts/llm-telemetry-alerts.js';
export type { Alert } from './alerts/definitions/alert.js';
export type {
  AlertLimit,
  AlertLimits,
  AlertsOption,
  AlertsOptions,
  FeatureAlertLimit,
  WebhookOptions,
} from './alerts/definitions/alerts.options.js';
export type {
  DashboardOption,
  DashboardOptions,
  MetadataKey,
} from './dashboard/server/settings/dashboard.options.js';
export type {
  AlertFiring,
  AlertInstance,
  AlertName,
  AlertNames,
  AlertRule,
  AlertsResponse,
  AlertSeverity,
  AlertState,
  AlertUnit,
  Breakdown,
  BreakdownGroup,
  BudgetsResponse,
  CallPage,
  CallRow,
  CallSort,
  CountMetric,
  Dimension,
  ErrorCount,
  ErrorSeries,
  Errors,
  MeasureFilter,
  MeasureResponse,
  Measures,
  Metric,
  Quality,
  QuantileMetric,
  Quantiles,
  Retries,
  RetryCounts,
  RetryReason,
  Series,
  StoredCall,
  StoreStatus,
  Summary,
  TimeRange,
  Timeline,
  TimelineGroup,
  UnpricedModel,
  WhatIf,
} from './dashboard/api/index.js';
export {
  StoreQueryError,
  StoreUnavailableError,
  type DropReason,
  type StoreTrouble,
} from './store/call-store.js';
export type { RetentionOptions, StoreOption, StoreOptions } from './store/store.options.js';
export type { BufferSettings, SharedStoreDescription } from './store/shared-store.js';
