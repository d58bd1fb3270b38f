import './register.js';

export { LlmTelemetryModule } from './llm-telemetry.module.js';
export type { LlmTelemetryOptions } from './llm-telemetry.options.js';
export type {
  LlmTelemetryAsyncOptions,
  LlmTelemetryModuleExtras,
  LlmTelemetryOptionsFactory,
} from './llm-telemetry.module-definition.js';
export { LlmTelemetryOptionsError } from './validation/options-error.js';
export { LlmTelemetry } from './llm-telemetry.service.js';
export { LlmCall, type LlmCallOptions } from './llm-call.decorator.js';
export type { LlmRunOptions } from './llm-call-options.js';
export { LlmFeature } from './llm-feature.decorator.js';
export { LlmDecoratorError } from './llm-decorator.error.js';
export { currentLlmCall } from './current-llm-call.js';
export { LlmTelemetryInterceptor } from './llm-telemetry.interceptor.js';
export { registerWireFormat } from './wire/formats/index.js';
export type { CallStore } from './store/call-store.js';
export { LlmExceptionFilter, type LlmExceptionFilterOptions } from './llm-exception.filter.js';

export type { AttemptContent, ContentOptions, ContentPlace } from './call/content.js';
export type { ContentMessage, ContentPart } from './wire/content/content.js';
export type { CallName, CurrentLlmCall } from './call/call.js';
export type { RecordedResponse } from './call/recorded-response.js';
export type { LlmErrorType } from './call/error-type.js';
export type {
  AttemptRecord,
  AttributeValue,
  Attributes,
  CallCost,
  CallRecord,
  Failure,
} from './call/record.js';
export { LlmBudgetExceededError, type ExceededBudget } from './call/budget-exceeded.error.js';
export type { BudgetLedger, LedgerAccount, LedgerSpend, Spend } from './budgets/budget-ledger.js';
export type { BudgetStatus } from './budgets/budget-status.js';
export type { Budget, BudgetPeriodName } from './budgets/budget.options.js';
export type { RequestIdentity } from './call/request-scope.js';
export type { RetryPolicy } from './call/retry.js';
export type { Cost, CostKind, CostLine, KnownCost, UnknownCost } from './call/cost.js';
export type { MetricAttribute } from './sinks/metric-attributes.js';
export type { Semconv } from './sinks/semconv.js';
export type { FinishReason, KnownFinishReason } from './wire/finish-reason.js';
export type { Answer, ProviderError, UsageDraft } from './wire/answer.js';
export type { RequestParameters, WireFormat } from './wire/formats/format.js';
export type { Landmarks } from './wire/skim.js';
export type { Usage, UsageSource } from './wire/usage.js';
export type { FoundPrices, ModelPrices, Price, PriceProvider } from './pricing/price-provider.js';
export type { OverridePrices, PriceOverrides, PricingOptions } from './pricing/pricing.options.js';

export { LlmTelemetryQueries } from './dashboard/queries/llm-telemetry-queries.js';
export type {
  BreakdownQuery,
  BucketQuery,
  CallsQuery,
  FigureQuery,
  TimelineQuery,
  WhatIfQuery,
} from './dashboard/queries/query.js';
export { LlmTelemetryAlerts } from './dashboard/alerts/llm-telemetry-alerts.js';
export type { Alert } from './dashboard/alerts/alert.js';
export type {
  AlertLimit,
  AlertLimits,
  AlertsOption,
  AlertsOptions,
  FeatureAlertLimit,
  WebhookOptions,
} from './dashboard/alerts/alerts.options.js';
export type { DashboardOption, DashboardOptions, MetadataKey } from './dashboard/dashboard.options.js';
export type {
  AlertFiring,
  AlertInstance,
  AlertName,
  AlertNames,
  AlertRule,
  AlertsAnswer,
  AlertSeverity,
  AlertState,
  AlertUnit,
  Breakdown,
  BreakdownGroup,
  BudgetsAnswer,
  CallPage,
  CallRow,
  CallSort,
  CountMetric,
  Dimension,
  ErrorCount,
  ErrorSeries,
  Errors,
  Figures,
  MeasureFilter,
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
export type { SeriesFilter } from './store/measures.js';
export type { CallFilter } from './store/calls.js';
export { StoreQueryError, StoreUnavailableError } from './store/call-store.js';
export type { CallQuery } from './store/calls.js';
export type {
  BucketedQuery,
  CountMeasure,
  ErrorBucket,
  ErrorResult,
  MeasuredBucket,
  MeasuredError,
  MeasuredGroup,
  MeasureQuery,
  MeasureResult,
  ModelVersion,
  RangeQuery,
} from './store/measures.js';
export type { DropReason, StoreTrouble } from './store/store-status.js';
export type { RetentionOptions, StoreOption, StoreOptions } from './store/store.options.js';
