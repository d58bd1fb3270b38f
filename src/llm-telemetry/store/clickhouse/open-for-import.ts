import type { SharedBackend } from '../core/shared-backend.js';
import type { SharedStoreDescription } from '../shared-store.js';
import { createBackend } from './clickhouse-backend.js';
import type { ClickHouseSettings } from './clickhouse-settings.js';

/** Opens a store without changing the retention that its services have set. @throws DatabaseError */
export async function openForImport({ settings, secrets }: SharedStoreDescription): Promise<SharedBackend> {
  const secret = secrets ?? (async () => '');
  const backend = createBackend(settings as ClickHouseSettings, { secret, keepsRetention: true });
  await backend.open();
  return backend;
}
