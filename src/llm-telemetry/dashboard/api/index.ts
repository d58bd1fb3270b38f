/**
 * What the dashboard's API answers: types only, so that a browser's code can import them without anything of a server.
 *
 * All of it is `GET` and JSON, below the dashboard's path (`/llm` unless told otherwise), and relative to it, so that a
 * proxy may put any prefix before it. Moments in answers are Unix milliseconds, as the store has them.
 *
 * | endpoint                    | answers                 | parameters, besides those of every figure                    |
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
 * | `api/alerts`                | `AlertsAnswer`          | none                                                         |
 * | `api/budgets`               | `BudgetsAnswer`         | the filters, without `from` and `to`                         |
 * | `api/what-if`               | `WhatIf`                | `model` (the other one), `provider` (of it), `fromModel`, `fromProvider` |
 * | `api/status`                | `Status`                | none                                                         |
 * | `api/live`                  | server-sent `LiveEvents`| none                                                         |
 *
 * Parameters of every figure: `from` and `to` (ISO 8601 with a time zone; `to` defaults to now, `from` to 24 hours before
 * it) and the filters `feature`, `operation`, `provider`, `model`, `route`, `tenant`, `user`, each of which may be repeated (any value
 * matches). An empty value stands for calls without one. A `model` without a version (`gpt-4o-mini`) also matches
 * its versions (`gpt-4o-mini-2024-07-18`); `mergeVersions=true` makes one group of them.
 *
 * A query that is not understood is a 400, an unknown call a 404, a store that does not answer a 503; each with a `Problem`.
 */
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
} from '../../alerts/definitions/alerts-answer.js';
export type { Breakdown, BreakdownGroup } from '../../analytics/answers/breakdown.js';
export type { BudgetsAnswer } from '../../budgets/budgets-answer.js';
export type { CallDetail, CallsParameters } from '../../analytics/answers/calls.js';
export type { Errors, ErrorSeries } from '../../analytics/answers/errors.js';
export type { AlertsEvent, CallsEvent, LiveEvents } from './live.js';
export type { Problem } from './problem.js';
export type { Quality } from '../../analytics/answers/quality.js';
export type { FigureParameters, Figures } from '../../analytics/answers/figures.js';
export type { Retries, RetryReason } from '../../analytics/answers/retries.js';
export type { Status } from './status.js';
export type { Summary } from '../../analytics/answers/summary.js';
export type {
  CountMetric,
  Metric,
  QuantileMetric,
  Series,
  Timeline,
  TimelineGroup,
} from '../../analytics/answers/timeline.js';

export type { WhatIf } from '../../analytics/answers/what-if.js';

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
export type { BudgetStatus } from '../../budgets/budget-status.js';
export type { StoreStatus } from '../../store/store-status.js';
export type { AttemptRecord, CallRecord } from '../../calls/record.js';
export type { Cost, CostLine } from '../../calls/cost.js';
