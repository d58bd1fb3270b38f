import type { SharedBackend } from '../core/shared-backend.js';
import { SqliteSource } from './sqlite-source.js';

/** Deliveries after which the database compacts what was added. */
const UPKEEP_EVERY = 20;

/** What an import has moved. */
export interface Imported {
  readonly calls: number;
  /** Rollups of calls that the file no longer keeps. */
  readonly rollups: number;
  /** Calls that cannot be decoded. */
  readonly unreadable: number;
}

/**
 * Adds the calls and rollups of an SQLite file to a shared database. What an earlier import of the same file has added is not
 * added again. No service may use the file meanwhile.
 *
 * @param progress - receives the share that is done, from 0 to 1
 * @throws if the file or the database cannot be used; then a repeated import continues
 */
export async function importFile(
  path: string,
  backend: SharedBackend,
  progress: (share: number) => void = () => {},
): Promise<Imported> {
  const source = new SqliteSource(path);
  try {
    let [calls, rollups, deliveries] = [0, 0, 0];
    const total = source.callCount;
    for (const delivery of source.deliveries()) {
      await backend.write(delivery);
      calls += delivery.calls.length;
      if (++deliveries % UPKEEP_EVERY === 0) await backend.upkeep();
      progress(calls / total);
    }
    for (const delivery of source.rollupDeliveries()) {
      if (!backend.writeRollups) throw new Error('This database cannot take over rollups of deleted calls.');
      await backend.writeRollups(delivery);
      rollups += delivery.rollups.length;
    }
    await backend.upkeep();
    return { calls, rollups, unreadable: source.unreadable };
  } finally {
    source.close();
  }
}
