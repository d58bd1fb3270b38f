import { randomUUID } from 'node:crypto';
import type { CallOrigin } from '../../src/llm-telemetry/store/call-origin.js';
import { storeSettings } from '../../src/llm-telemetry/store/sqlite/store-settings.js';
import { ThreadedStore } from '../../src/llm-telemetry/store/thread/threaded-store.js';

/**
 * Opens a SQLite store for calls of an origin.
 *
 * @param path - of the file; `null`: in memory
 * @param workerPath - `null`: without a worker thread
 */
export function sqliteStore(origin: CallOrigin, path: string | null, workerPath?: null): ThreadedStore {
  const instance = {
    ...origin,
    id: randomUUID(),
    host: 'localhost',
    pid: process.pid,
    startedAt: Date.now(),
  };
  const settings = { ...storeSettings(path === null ? 'memory' : { path }), instance };
  return new ThreadedStore(settings, undefined, workerPath);
}
