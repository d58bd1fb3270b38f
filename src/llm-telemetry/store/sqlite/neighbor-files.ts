import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MINUTE } from '../../units/time.js';
import type { OwnInstance } from '../core/instance.js';
import { isStore } from './open-database.js';

/** Files that are looked at; a folder can contain many others. */
const MAX_FILES = 50;
const MAX_NAMES = 20;
const CHECK_INTERVAL_MS = MINUTE;
/** Longer than a deployment during which the old and the new process run beside each other. */
const SETTLED_AFTER_MS = 1.5 * MINUTE;
/** A process shows a sign of life more often. */
const ALIVE_MS = MINUTE;

/**
 * Notices running instances of the same service whose stores are other files of the same folder, as with one file per process
 * or pod on a shared disk: dashboard, alerts and budgets of each cover its own calls only. Files in other places are not
 * known to this process.
 */
export class NeighborFiles {
  /** When an instance was noticed first, `monotonicMs`. */
  private readonly since = new Map<string, number>();
  private checkedAt = -Infinity;

  constructor(
    private readonly path: string,
    private readonly own: OwnInstance,
  ) {}

  /** Looks at the files again if a minute has passed, and returns the names of the instances. `monotonicMs`: of the clock. */
  check(now: number, monotonicMs: number): readonly string[] {
    if (monotonicMs - this.checkedAt >= CHECK_INTERVAL_MS) {
      this.checkedAt = monotonicMs;
      const found = new Set(this.otherFiles().flatMap((file) => this.instancesIn(file, now)));
      for (const name of this.since.keys()) if (!found.has(name)) this.since.delete(name);
      for (const name of found) if (!this.since.has(name)) this.since.set(name, monotonicMs);
    }
    return [...this.since]
      .flatMap(([name, since]) => (monotonicMs - since >= SETTLED_AFTER_MS ? name : []))
      .sort()
      .slice(0, MAX_NAMES);
  }

  private otherFiles(): string[] {
    try {
      const path = realpathSync(this.path);
      return readdirSync(dirname(path), { withFileTypes: true })
        .filter(
          (entry) =>
            entry.isFile() && entry.name !== basename(path) && hasWal(join(dirname(path), entry.name)),
        )
        .slice(0, MAX_FILES)
        .map(({ name }) => join(dirname(path), name));
    } catch {
      return [];
    }
  }

  /** Returns the names of running instances of the same service in another file. */
  private instancesIn(file: string, now: number): string[] {
    try {
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        if (!isStore(database)) return [];
        const rows = database
          .prepare(
            `SELECT instance.uuid, instance.name FROM instance JOIN origin ON origin.id = instance.origin
             WHERE seenAt >= ? AND service = ? AND environment = ? LIMIT ${MAX_NAMES}`,
          )
          .all(now - ALIVE_MS, this.own.service ?? '', this.own.environment ?? '') as Array<{
          uuid: string;
          name: string;
        }>;
        return rows.flatMap(({ uuid, name }) => (uuid === this.own.id ? [] : name));
      } finally {
        database.close();
      }
    } catch {
      // Of another application, of an older version, or locked.
      return [];
    }
  }
}

/** Stores in use have a write-ahead log beside them. */
function hasWal(file: string): boolean {
  return statSync(`${file}-wal`, { throwIfNoEntry: false }) !== undefined;
}
