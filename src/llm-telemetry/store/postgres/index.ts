/**
 * A store in PostgreSQL 14 or later, which the instances of a service share: `store: postgresStore({ connection })`. Needs the
 * package `pg`.
 */
export { postgresStore } from './postgres-store.js';
export type { PostgresStoreOptions } from './postgres.options.js';
export type { BufferOptions, BufferSettings, SharedStoreDescription } from '../shared-store.js';
export type { RetentionOptions } from '../store.options.js';
