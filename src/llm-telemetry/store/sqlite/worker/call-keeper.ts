import type { StoreStatus, StoreTrouble } from '../../store-status.js';
import { CallDatabase } from './call-database.js';
import type { Written } from './call-writer.js';
import { type Clock, SYSTEM_CLOCK } from './clock.js';
import type { KeptNames, NameLimits } from './names.js';
import { dropToSize, type Retention } from './retention.js';
import { type FileIdentity, identityOf, OpenFile } from './store-file.js';
import { inTransaction } from './transaction.js';
import { TROUBLE_WORDS, troubleOf } from './trouble.js';

/** Where calls are to be kept. */
export interface KeeperSettings {
  /** `null`: in memory. */
  readonly path: string | null;
  readonly inFile: Retention;
  readonly inMemory: Retention;
  /** Names that never become `other`. */
  readonly keepNames?: KeptNames;
  /** For tests. Default `NAME_LIMITS`. */
  readonly limits?: NameLimits;
}

/** Receives what the application logs about the store. */
export interface KeeperListener {
  troubleChanged(trouble: Trouble | null): void;
  /** The file was deleted or replaced, and a new one was opened. */
  fileReplaced(message: string): void;
  /** Memory had no more room for calls that were to be written to the file. */
  callsLost(calls: number): void;
}

type Trouble = NonNullable<StoreStatus['trouble']>;

/** Calls that are copied into the file at once. */
const COPIED_AT_ONCE = 2000;
/** Batches of which nothing could be written, one after the other, before the file counts as unusable. */
const FAILED_WRITES = 3;
/** The share of the size limit that is written before the limit is checked again. */
const CHECKED_SHARE = 0.1;

/**
 * Keeps calls in a file, and in memory while the file cannot be used: then it tries the file again from time to time,
 * and puts what memory has into it.
 */
export class CallKeeper {
  trouble: Trouble | null = null;
  private current: CallDatabase | null = null;
  private inFile = false;
  private file: OpenFile | null = null;
  /** A file that was found to be damaged. */
  private damaged: FileIdentity = null;
  private failedWrites = 0;
  private charactersSinceCheck = 0;

  constructor(
    private readonly settings: KeeperSettings,
    private readonly listener: KeeperListener,
    private readonly clock: Clock = SYSTEM_CLOCK,
  ) {}

  get mode(): 'file' | 'memory' {
    return this.inFile ? 'file' : 'memory';
  }

  open(): void {
    const { path } = this.settings;
    if (path === null) {
      this.current = this.openAt(':memory:');
      return;
    }
    try {
      this.openFile(path);
    } catch (error) {
      this.fallBack(troubleOf(error) ?? 'io_error');
    }
  }

  /** Never throws: what cannot be kept anywhere is counted. */
  write(texts: readonly string[]): Written {
    let written: Written;
    try {
      written = this.use((database) => database.write(texts));
    } catch {
      written = { written: 0, dropped: texts.length };
    }
    this.failedWrites = written.written === 0 && written.dropped > 0 ? this.failedWrites + 1 : 0;
    if (this.inFile && this.failedWrites >= FAILED_WRITES) this.fallBack('write_failed');
    this.checkSize(texts);
    return written;
  }

  /**
   * Does something with the database. If the file turns out to be unusable, does it again with memory.
   *
   * @throws what it throws
   */
  use<T>(work: (database: CallDatabase) => T): T {
    this.checkFile();
    try {
      this.current!.refresh();
      return work(this.current!);
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === null || !this.inFile) throw error;
      this.fallBack(trouble);
      return work(this.current!);
    }
  }

  /** Deletes what is too old or too much. Returns true if there is more to delete. */
  retain(): boolean {
    return this.countingLost((database) => database.retain(this.retention));
  }

  /** Reopens the file if it was deleted or replaced: what is written to a deleted file is lost. */
  checkFile(): void {
    const { path } = this.settings;
    if (path === null || !this.inFile || !this.file!.isReplaced) return;
    try {
      // SQLite notices as well, and leaves the files at the path alone.
      this.current!.close();
    } catch {
      // A broken file may not even close.
    }
    try {
      this.file!.deleteLeftovers();
      this.openFile(path);
    } catch (error) {
      this.fallBack(troubleOf(error) ?? 'io_error');
      return;
    }
    this.listener.fileReplaced(
      `Store: the file ${path} was deleted or replaced while it was open. Calls are now stored in the file at that ` +
        'path; calls that only the former file held are no longer available.',
    );
  }

  /** Goes back to the file, where it can be used again, with all that memory has. */
  tryFile(): void {
    const { path } = this.settings;
    if (path === null || this.inFile || this.isStillDamaged(path)) return;
    const memory = this.current!;
    let file: CallDatabase | null = null;
    try {
      file = this.openAt(path);
      moveCalls(memory, file);
    } catch {
      file?.close();
      return;
    }
    memory.close();
    this.current = file;
    this.inFile = true;
    this.file = new OpenFile(path);
    this.trouble = null;
    this.listener.troubleChanged(null);
  }

  /** Writes what memory holds to the file if it is usable again. Returns the number of calls that are lost. */
  close(): number {
    if (!this.current) return 0;
    this.tryFile();
    const lost = this.inFile || this.settings.path === null ? 0 : countCalls(this.current);
    this.current.close();
    this.current = null;
    return lost;
  }

  private get retention(): Retention {
    return this.inFile ? this.settings.inFile : this.settings.inMemory;
  }

  private openFile(path: string): void {
    this.current = this.openAt(path);
    this.file = new OpenFile(path);
    this.inFile = true;
  }

  private openAt(path: string): CallDatabase {
    return new CallDatabase(path, this.clock, this.settings.keepNames, this.settings.limits);
  }

  /** Large records can exceed the limit between two turns of retention. */
  private checkSize(texts: readonly string[]): void {
    for (const { length } of texts) this.charactersSinceCheck += length;
    const { retention } = this;
    if (this.charactersSinceCheck < CHECKED_SHARE * retention.maxBytes) return;
    this.charactersSinceCheck = 0;
    try {
      this.countingLost(({ database, clock }) => {
        while (inTransaction(database, () => dropToSize(database, retention, clock.times())));
      });
    } catch {
      // Retention tries again.
    }
  }

  /** Does something that may delete calls, and reports those that were to be written to the file. */
  private countingLost<T>(work: (database: CallDatabase) => T): T {
    if (this.inFile || this.settings.path === null) return this.use(work);
    const { current } = this;
    const before = countCalls(current!);
    const result = this.use(work);
    const lost = this.current === current ? before - countCalls(current!) : 0;
    if (lost > 0) this.listener.callsLost(lost);
    return result;
  }

  /** Damage does not heal, and may show only when it is read: that file is not tried again, one in its place is. */
  private isStillDamaged(path: string): boolean {
    return this.damaged !== null && this.damaged === identityOf(path);
  }

  private fallBack(reason: StoreTrouble): void {
    const { path } = this.settings;
    this.damaged = reason === 'corrupt' ? identityOf(path!) : null;
    try {
      this.current?.close();
    } catch {
      // A broken file may not even close.
    }
    this.inFile = false;
    this.failedWrites = 0;
    this.current = this.openAt(':memory:');
    this.trouble = {
      reason,
      message: `Calls are kept in memory, because the file ${path} cannot be used: ${TROUBLE_WORDS[reason]}.`,
      since: this.clock.wall(),
    };
    this.listener.troubleChanged(this.trouble);
  }
}

function countCalls({ database }: CallDatabase): number {
  const { calls } = database.prepare('SELECT coalesce(sum(calls), 0) AS calls FROM zone').get() as {
    calls: number;
  };
  return calls;
}

/** What has been copied leaves memory at once: a copy that fails half-way goes on from there, and copies nothing twice. */
function moveCalls(from: CallDatabase, to: CallDatabase): void {
  const next = from.database.prepare('SELECT id, text FROM record ORDER BY id LIMIT ?');
  const remove = from.database.prepare('DELETE FROM record WHERE id <= ?');
  for (;;) {
    const records = next.all(COPIED_AT_ONCE) as Array<{ id: number; text: string }>;
    if (records.length === 0) return;
    const { written } = to.write(records.map(({ text }) => text));
    if (written === 0) throw new Error('No call could be written to the file.');
    remove.run(records.at(-1)!.id);
  }
}
