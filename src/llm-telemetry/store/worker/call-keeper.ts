import { statSync } from 'node:fs';
import type { StoreStatus, StoreTrouble } from '../store-status.js';
import { CallDatabase } from './call-database.js';
import type { Written } from './call-writer.js';
import { retain, type Retention } from './retention.js';
import { TROUBLE_WORDS, troubleOf } from './trouble.js';

/** Where calls are to be kept. */
export interface KeeperSettings {
  /** `null`: in memory. */
  readonly path: string | null;
  readonly inFile: Retention;
  readonly inMemory: Retention;
}

type Trouble = NonNullable<StoreStatus['trouble']>;

/** Calls that are copied into the file at once. */
const COPIED_AT_ONCE = 2000;

/**
 * Keeps calls in a file, and in memory while the file cannot be used: then it tries the file again from time to time,
 * and puts what memory has into it.
 */
export class CallKeeper {
  trouble: Trouble | null = null;
  private current: CallDatabase | null = null;
  private inFile = false;
  /** The inode of a file that was found to be damaged. */
  private damaged: number | null = null;

  constructor(
    private readonly settings: KeeperSettings,
    private readonly onTrouble: (trouble: Trouble | null) => void,
  ) {}

  get mode(): 'file' | 'memory' {
    return this.inFile ? 'file' : 'memory';
  }

  open(): void {
    const { path } = this.settings;
    if (path === null) {
      this.current = new CallDatabase(':memory:');
      return;
    }
    try {
      this.current = new CallDatabase(path);
      this.inFile = true;
    } catch (error) {
      this.fallBack(troubleOf(error) ?? 'io_error');
    }
  }

  /** Never throws: what cannot be kept anywhere is counted. */
  write(texts: readonly string[]): Written {
    try {
      return this.use((database) => database.write(texts));
    } catch {
      return { written: 0, dropped: texts.length };
    }
  }

  /** Does something with the database; where the file turns out to be of no use, again with memory. @throws what it throws */
  use<T>(work: (database: CallDatabase) => T): T {
    try {
      return work(this.current!);
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === null || !this.inFile) throw error;
      this.fallBack(trouble);
      return work(this.current!);
    }
  }

  /** True: there is more to take away. */
  retain(now: number): boolean {
    const retention = this.inFile ? this.settings.inFile : this.settings.inMemory;
    return this.use(({ database }) => retain(database, retention, now));
  }

  /** Goes back to the file, where it can be used again, with all that memory has. */
  tryFile(): void {
    const { path } = this.settings;
    if (path === null || this.inFile || this.isStillDamaged(path)) return;
    const memory = this.current!;
    let file: CallDatabase | null = null;
    try {
      file = new CallDatabase(path);
      moveCalls(memory, file);
    } catch {
      file?.close();
      return;
    }
    memory.close();
    this.current = file;
    this.inFile = true;
    this.trouble = null;
    this.onTrouble(null);
  }

  close(): void {
    this.current?.close();
    this.current = null;
  }

  /** Damage does not heal, and may show only when somebody reads it: that file is not tried again, one in its place is. */
  private isStillDamaged(path: string): boolean {
    return this.damaged !== null && this.damaged === inodeOf(path);
  }

  private fallBack(reason: StoreTrouble): void {
    this.damaged = reason === 'corrupt' ? inodeOf(this.settings.path!) : null;
    try {
      this.current?.close();
    } catch {
      // A broken file may not even close.
    }
    this.inFile = false;
    this.current = new CallDatabase(':memory:');
    this.trouble = {
      reason,
      message: `Calls are kept in memory, because the file ${this.settings.path} cannot be used: ${TROUBLE_WORDS[reason]}.`,
      since: Date.now(),
    };
    this.onTrouble(this.trouble);
  }
}

function inodeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

/** What has been copied leaves memory at once: a copy that fails half-way goes on from there, and copies nothing twice. */
function moveCalls(from: CallDatabase, to: CallDatabase): void {
  const next = from.database.prepare('SELECT id, text FROM record ORDER BY id LIMIT ?');
  const remove = from.database.prepare('DELETE FROM record WHERE id <= ?');
  for (;;) {
    const records = next.all(COPIED_AT_ONCE) as Array<{ id: number; text: string }>;
    if (records.length === 0) return;
    to.write(records.map(({ text }) => text));
    remove.run(records.at(-1)!.id);
  }
}
