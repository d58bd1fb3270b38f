import type { BatchClaim, RememberedBatch, SumClaim } from '../../calls/batches/batch-memory.js';
import type { CallPage, CallQuery, RecordPage, StoredCall } from '../calls.js';
import type {
  BucketedQuery,
  ErrorResult,
  MeasureQuery,
  MeasureResult,
  RangeQuery,
  UnpricedModel,
} from '../measures.js';
import type {
  AlertClaim,
  BudgetShare,
  BudgetShareRequest,
  FleetCoordination,
  NotifiedState,
} from '../fleet.js';
import type { StoreStats } from './backend.js';
import type { QuerySource } from './call-parts.js';
import { readErrors } from './read-errors.js';
import { readMeasures, readUnpriced } from './read-measures.js';

/** Parameters and result of each query that a store answers in its thread. */
export interface StoreQueries {
  measure: [MeasureQuery, MeasureResult];
  errors: [BucketedQuery, ErrorResult];
  unpriced: [RangeQuery, readonly UnpricedModel[]];
  calls: [CallQuery, CallPage];
  records: [CallQuery, RecordPage];
  call: [string, StoredCall | null];
  stats: [null, StoreStats];
  rememberBatch: [RememberedBatch, null];
  claimItems: [{ readonly results: string; readonly items: readonly string[] }, BatchClaim];
  completeBatch: [string, null];
  claimSum: [{ readonly batch: string; readonly endedAt: number }, SumClaim];
  firingAlerts: [null, readonly string[]];
  claimAlert: [AlertState, AlertClaim];
  alertNotified: [AlertState, null];
  shareBudget: [BudgetShareRequest, BudgetShare];
}

interface AlertState {
  readonly key: string;
  readonly state: NotifiedState;
}

export type QueryName = keyof StoreQueries;

/** @throws StoreQueryError if the query is invalid; otherwise the error of the database. */
export function answer<Name extends QueryName>(
  from: QuerySource,
  name: Name,
  parameters: StoreQueries[Name][0],
): Promise<StoreQueries[Name][1]> {
  return ANSWERS[name](from, parameters);
}

const ANSWERS: {
  [Name in QueryName]: (
    from: QuerySource,
    parameters: StoreQueries[Name][0],
  ) => Promise<StoreQueries[Name][1]>;
} = {
  measure: readMeasures,
  errors: readErrors,
  unpriced: readUnpriced,
  calls: ({ backend }, query) => backend.searchCalls(query),
  records: ({ backend }, query) => backend.searchRecords(query),
  call: ({ backend }, id) => backend.readCall(id),
  stats: ({ backend }) => backend.stats(),
  rememberBatch: async ({ backend }, batch) => {
    await backend.batches.remember(batch);
    return null;
  },
  claimItems: ({ backend }, { results, items }) => backend.batches.claim(results, items),
  completeBatch: async ({ backend }, results) => {
    await backend.batches.complete(results);
    return null;
  },
  claimSum: ({ backend }, { batch, endedAt }) => backend.batches.claimSum(batch, endedAt),
  firingAlerts: (from) => fleetOf(from).firingAlerts(),
  claimAlert: (from, { key, state }) => fleetOf(from).claimAlert(key, state),
  alertNotified: async (from, { key, state }) => {
    await fleetOf(from).alertNotified(key, state);
    return null;
  },
  shareBudget: async (from, request) => {
    const fleet = fleetOf(from);
    if (!fleet.shareBudget) throw new Error('This database does not share budgets.');
    return fleet.shareBudget(request);
  },
};

function fleetOf({ backend }: QuerySource): FleetCoordination {
  if (!backend.fleet) throw new Error('This database does not coordinate instances.');
  return backend.fleet;
}
