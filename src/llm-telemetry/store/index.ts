/**
 * Types for a custom store: implement `CallStore` and pass the object as the option `store`. Records are of the type
 * `CallRecord` of the root entry point.
 */
export {
  StoreQueryError,
  StoreUnavailableError,
  type CallStore,
  type DropReason,
  type StoreInstance,
  type StoreStatus,
  type StoreTrouble,
} from './call-store.js';
export type {
  AlertClaim,
  BudgetShare,
  BudgetShareRequest,
  FleetCoordination,
  NotifiedState,
} from './fleet.js';
export type { CallOrigin } from './call-origin.js';
export type { BatchClaim, BatchMemory, RememberedBatch, SumClaim } from '../calls/batches/batch-memory.js';
export type { CallFilter, CallPage, CallQuery, CallRow, CallSort, RecordPage, StoredCall } from './calls.js';
export type {
  BucketedQuery,
  CountMeasure,
  ErrorBucket,
  ErrorResult,
  MeasuredBucket,
  MeasuredError,
  MeasuredGroup,
  MeasureFilter,
  MeasureQuery,
  MeasureResult,
  Measures,
  ModelVersion,
  RangeQuery,
  SeriesFilter,
  TimeRange,
  UnpricedModel,
} from './measures.js';
