import { resolve } from 'node:path';
import type { OwnInstance } from '../core/instance.js';
import type { NameLimits, ReservedNames } from '../core/series.js';
import type { SharedBackend } from '../core/shared-backend.js';
import type { BufferSettings, SharedStoreDescription } from '../shared-store.js';

/** Settings of the engine for a shared database. */
export interface SharedSettings {
  readonly kind: SharedStoreDescription['kind'];
  readonly where: string;
  /** Settings of the backend. */
  readonly database: unknown;
  readonly buffer: BufferSettings;
  readonly instance: OwnInstance;
  /** Names that are never counted as `other`. */
  readonly reservedNames?: ReservedNames;
  /** For tests. Default `NAME_LIMITS`. */
  readonly limits?: NameLimits;
  /** URL of the module of the backend, for tests. Default: by kind. */
  readonly module?: string;
}

/** Returns the settings of the store's worker. `reservedNames`: features and tenants of budgets. */
export function sharedSettings(
  { kind, where, settings, buffer }: SharedStoreDescription,
  instance: OwnInstance,
  reservedNames?: ReservedNames,
): SharedSettings {
  return {
    kind,
    where,
    database: settings,
    // The working directory of the application's thread, now.
    buffer: buffer === 'memory' ? buffer : { ...buffer, path: resolve(buffer.path) },
    instance,
    ...(reservedNames && { reservedNames }),
  };
}

/** What a backend receives besides its settings. */
export interface BackendContext {
  /** This process. */
  readonly instance: OwnInstance;
  readonly reservedNames?: ReservedNames | undefined;
  readonly limits?: NameLimits | undefined;
  /** Returns the password from the function of the application. Rejects if there is none, or it fails. */
  readonly secret: () => Promise<string>;
}

/** Module of a backend. */
export interface BackendModule {
  createBackend(settings: unknown, context: BackendContext): SharedBackend;
}

/** Loads the backend of a database with its driver. */
export async function loadBackend(
  { kind, database, module, instance, reservedNames, limits }: SharedSettings,
  secret: () => Promise<string>,
): Promise<SharedBackend> {
  const { createBackend } = module === undefined ? await BACKENDS[kind]() : await importModule(module);
  return createBackend(database, { instance, reservedNames, limits, secret });
}

/** Each loads the driver of its database. */
const BACKENDS: Readonly<Record<SharedStoreDescription['kind'], () => Promise<BackendModule>>> = {
  postgres: () => import('../postgres/postgres-backend.js') as Promise<BackendModule>,
  clickhouse: () => import('../clickhouse/clickhouse-backend.js') as Promise<BackendModule>,
};

async function importModule(url: string): Promise<BackendModule> {
  return (await import(url)) as BackendModule;
}
