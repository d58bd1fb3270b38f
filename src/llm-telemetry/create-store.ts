import { Logger } from '@nestjs/common';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import type { CallStore } from './store/call-store.js';
import { SqliteStore } from './store/sqlite-store.js';
import type { StoreStatus } from './store/store-status.js';
import { storeSettings } from './store/store-settings.js';

/** An application's store; `null`: it has none. */
export function createStore({ enabled, store }: LlmTelemetryOptions): CallStore | null {
  if (enabled === false || store === false) return null;
  if (typeof store === 'object' && 'record' in store) return store;
  const logger = new Logger('LlmTelemetry');
  return new SqliteStore(storeSettings(store), (trouble) => sayTrouble(logger, trouble));
}

/** Whether a store remembers what was before this process: all but those in memory do. */
export function remembersPast({ store }: LlmTelemetryOptions): boolean {
  if (store === false) return false;
  return (typeof store === 'object' && 'record' in store) || storeSettings(store).path !== null;
}

function sayTrouble(logger: Logger, trouble: StoreStatus['trouble']): void {
  if (trouble) logger.warn(trouble.message);
  else logger.log('Calls are kept in the file again, those of the meantime included.');
}
