import type { StoreTrouble } from '../call-store.js';

/** Descriptions for the log and the dashboard, of a file or a database. */
export const TROUBLE_DESCRIPTIONS: Readonly<Record<StoreTrouble, string>> = {
  read_only: 'there is no permission to write to it',
  full: 'the disk is full',
  locked: 'another process has locked it',
  corrupt: 'it is corrupt or not an SQLite database',
  newer_version: 'it was written by a newer version of nestjs-llm-telemetry',
  older_version: 'its layout must be migrated: run "npx nestjs-llm-telemetry migrate"',
  not_a_store: 'it is an SQLite database of another application',
  io_error: 'it cannot be opened or read',
  unreachable: 'it cannot be reached',
  refused: 'it refused the login',
  forbidden: 'its user lacks a permission',
  timeout: 'it did not respond in time',
  too_many_connections: 'it has too many connections',
  write_failed: 'several consecutive writes failed',
  worker_failed: 'the worker thread of the store failed',
  worker_missing: "the store worker's file was not found",
};
