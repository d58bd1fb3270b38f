/**
 * Response types of the dashboard's API. Types only, so that browser code can import them without server code.
 *
 * All endpoints are `GET` and return JSON. Paths are relative to the dashboard's path (default `/llm`), so that a proxy
 * may add any prefix. Timestamps in responses are Unix milliseconds.
 *
 * | endpoint                    | response                | parameters, besides the common ones                          |
 * | --------------------------- | ----------------------- | ------------------------------------------------------------ |
 * | `api/summary`               | `Summary`               |                                                              |
 * | `api/breakdown`             | `Breakdown`             | `by` (several: `by=feature&by=operation`), `quantiles`, `mergeVersions`, `limit` |
 * | `api/timeline`              | `Timeline`              | `metric` (several), `by`, `mergeVersions`, `bucket`, `utcOffset`, `limit` |
 * | `api/errors`                | `Errors`                | `bucket`, `utcOffset`                                        |
 * | `api/retries`               | `Retries`               |                                                              |
 * | `api/quality`               | `Quality`               |                                                              |
 * | `api/calls`                 | `CallPage`              | see `CallsParameters`                                        |
 * | `api/calls/<id>`            | `CallDetail`            |                                                              |
 * | `api/calls.csv`, `.ndjson`  | files                   | as `api/calls`, without `limit` and `cursor`                 |
 * | `api/alerts`                | `AlertsResponse`          | none                                                         |
 * | `api/budgets`               | `BudgetsResponse`         | the filters, without `from` and `to`                         |
 * | `api/what-if`               | `WhatIf`                | `model` (the other one), `provider` (of it), `fromModel`, `fromProvider` |
 * | `api/status`                | `Status`                | none                                                         |
 * | `api/live`                  | server-sent `LiveEvents`| none                                                         |
 *
 * Common parameters: `from` and `to` (ISO 8601 with a time zone; `to` defaults to now, `from` to 24 hours before it) and
 * the filters `feature`, `operation`, `provider`, `model`, `route`, `tenant`, `user`, `service`, `version`, `environment`
 * and `instance`. A filter can be repeated; any value matches. An empty value selects calls without one. A `model` without a version (`gpt-4o-mini`) also matches its
 * versions (`gpt-4o-mini-2024-07-18`); `mergeVersions=true` groups them.
 *
 * Errors have a `Problem` as body: 400 for an invalid query, 404 for an unknown call, 503 if the store is unavailable.
 */
export type {
  AlertFiring,
  AlertInstance,
  AlertRule,
  AlertsResponse,
} from '../../alerts/definitions/alerts-response.js';
export type {
  AlertName,
  AlertNames,
  AlertSeverity,
  AlertState,
  AlertUnit,
} from '../../alerts/definitions/alert.js';
export type {
  Breakdown,
  BreakdownGroup,
  CallDetail,
  CallsParameters,
  CountMetric,
  Errors,
  ErrorSeries,
  MeasureParameters,
  MeasureResponse,
  Metric,
  Quality,
  QuantileMetric,
  Retries,
  RetryReason,
  Series,
  Summary,
  Timeline,
  TimelineGroup,
  WhatIf,
} from '../../analytics/responses.js';
export type { BudgetsResponse, BudgetStatus } from '../../budgets/budget-status.js';
export type { AlertsEvent, CallsEvent, LiveEvents } from './live.js';
export type { Problem } from './problem.js';
export type { Status } from './status.js';
export type { CallPage, CallRow, CallSort, StoredCall } from '../../store/calls.js';
export type {
  Dimension,
  ErrorCount,
  MeasureFilter,
  Measures,
  ModelVersion,
  Quantiles,
  RetryCounts,
  TimeRange,
  UnpricedModel,
} from '../../store/measures.js';
export type { StoreInstance, StoreStatus } from '../../store/call-store.js';
export type { AttemptRecord, CallRecord } from '../../calls/record.js';
export type { Cost, CostLine, CostReasonCode } from '../../calls/cost.js';
