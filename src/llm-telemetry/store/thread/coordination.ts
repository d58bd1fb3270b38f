import type { FleetCoordination } from '../fleet.js';
import type { SharedStoreDescription } from '../shared-store.js';
import type { WorkerQueries, WorkerQueryName } from './messages.js';

/** Databases that can change a row for all instances at once. */
const SHARES_BUDGETS: Readonly<Record<SharedStoreDescription['kind'], boolean>> = {
  postgres: true,
  clickhouse: false,
};

type SendQuery = <Name extends WorkerQueryName>(
  name: Name,
  parameters: WorkerQueries[Name][0],
) => Promise<WorkerQueries[Name][1]>;

/** Returns the coordination of instances by queries to their database. */
export function coordinationBy(kind: SharedStoreDescription['kind'], query: SendQuery): FleetCoordination {
  return {
    firingAlerts: () => query('firingAlerts', null),
    claimAlert: (key, state) => query('claimAlert', { key, state }),
    alertNotified: async (key, state) => void (await query('alertNotified', { key, state })),
    ...(SHARES_BUDGETS[kind] && { shareBudget: (request) => query('shareBudget', request) }),
  };
}
