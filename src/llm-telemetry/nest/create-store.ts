import { Logger } from '@nestjs/common';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import type { CallStore } from '../store/call-store.js';
import { SqliteStore } from '../store/sqlite/sqlite-store.js';
import type { StoreStatus } from '../store/store-status.js';
import { storeSettings } from '../store/sqlite/store-settings.js';

/** Creates the store of an application; `null` if it has none. */
export function createStore({ enabled, store, budgets = [] }: LlmTelemetryOptions): CallStore | null {
  if (enabled === false || store === false) return null;
  if (typeof store === 'object' && 'record' in store) return store;
  const logger = new Logger('LlmTelemetry');
  const reservedNames = {
    features: budgets.flatMap(({ feature }) => feature ?? []),
    tenants: budgets.flatMap(({ tenant }) => tenant ?? []),
  };
  return new SqliteStore(storeSettings(store, reservedNames), {
    troubleChanged: (trouble) => logTrouble(logger, trouble),
    warn: (message) => logger.warn(message),
  });
}

/** Returns whether the store outlasts the process. */
export function isPersistent({ store }: LlmTelemetryOptions): boolean {
  if (store === false) return false;
  return (typeof store === 'object' && 'record' in store) || storeSettings(store).path !== null;
}

function logTrouble(logger: Logger, trouble: StoreStatus['trouble']): void {
  if (trouble) logger.warn(trouble.message);
  else
    logger.log('Store: the file is available again. Calls that were buffered in memory are written to it.');
}
