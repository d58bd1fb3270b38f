import { resolve } from 'node:path';
import type { DatabaseSettings } from './fallback-database.js';
import type { ReservedNames } from '../core/series.js';
import type { StoreOptions } from '../store.options.js';
import { DAY } from '../../units/time.js';

const DEFAULT_PATH = './.llm-telemetry/calls.db';
const MIB = 1_048_576;

/** Returns the settings of the store's worker. `reservedNames`: features and tenants of budgets, whose sums must be exact. */
export function storeSettings(
  options: StoreOptions | 'memory' | true | undefined,
  reservedNames?: ReservedNames,
): DatabaseSettings {
  const { path = defaultPath(), retention = {} } = typeof options === 'object' ? options : {};
  const { callDays = 30, rollupDays = 400, maxBytes } = retention;
  const kept = { callMs: callDays * DAY, rollupMs: rollupDays * DAY };
  return {
    path: options === 'memory' || path === null ? null : resolve(path),
    inFile: { ...kept, maxBytes: maxBytes ?? 1024 * MIB },
    inMemory: { ...kept, maxBytes: Math.min(maxBytes ?? Infinity, 64 * MIB) },
    ...(reservedNames && { reservedNames }),
  };
}

/** Tests that do not configure a store create no file. */
function defaultPath(): string | null {
  return process.env['NODE_ENV'] === 'test' ? null : DEFAULT_PATH;
}
