import type { DatabaseSync } from 'node:sqlite';

/** Runs `work` in a transaction that holds the write lock. Rolls back and rethrows if `work` or SQLite throws. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    try {
      database.exec('ROLLBACK');
    } catch {
      // SQLite already rolled back, as it does when the disk is full.
    }
    throw error;
  }
}
