import type { ConnectionSettings } from './connection.js';
import type { LayoutSettings, Retention } from './layout.js';

/** Settings that `clickhouseStore()` passes to the store's thread. Without the password. */
export interface ClickHouseSettings extends ConnectionSettings, LayoutSettings {
  readonly retention: Retention;
  readonly migrate: true | 'check';
}
