import type { StoreStatus, StoreTrouble } from '../call-store.js';
import { CallDatabase } from './call-database.js';
import type { EncodedCall, WriteResult } from './call-writer.js';
import { type Clock, SYSTEM_CLOCK } from './clock.js';
import { answer, type QueryName, type StoreQueries } from '../core/queries.js';
import { TROUBLE_DESCRIPTIONS } from '../core/trouble.js';
import type { OwnInstance } from '../core/instance.js';
import type { NameLimits, ReservedNames } from '../core/series.js';
import { dropToSize, type Retention } from './retention.js';
import { type FileIdentity, identityOf, OpenFile } from './store-file.js';
import { inTransaction } from './open-database.js';
import { troubleOf } from './trouble.js';

/** Settings of the database. */
export interface DatabaseSettings {
  /** `null`: in memory. */
  readonly path: string | null;
  readonly inFile: Retention;
  readonly inMemory: Retention;
  /** The process that adds calls; omitted: unknown. */
  readonly instance?: OwnInstance;
  /** Names that are never counted as `other`. */
  readonly reservedNames?: ReservedNames;
  /** For tests. Default `NAME_LIMITS`. */
  readonly limits?: NameLimits;
}

/** Receives the events of the database. */
export interface DatabaseListener {
  troubleChanged(trouble: Trouble | null): void;
  /** The file was deleted or replaced, and a new one was opened. */
  fileReplaced(message: string): void;
  /** Calls were deleted from memory before they could be written to the file. */
  callsLost(calls: number): void;
}

type Trouble = NonNullable<StoreStatus['trouble']>;

/** Calls copied from memory to the file in one transaction. */
const COPY_BATCH_SIZE = 2000;
/** Consecutive failed batches after which the file counts as unusable. */
const MAX_FAILED_WRITES = 3;
/** The size limit is checked each time this share of it was written. */
const SIZE_CHECK_SHARE = 0.1;

/**
 * Stores calls in a file, and falls back to memory while the file cannot be used. `tryFile` returns to the file and moves
 * the calls from memory into it.
 */
export class FallbackDatabase {
  trouble: Trouble | null = null;
  private current: CallDatabase | null = null;
  private inFile = false;
  private file: OpenFile | null = null;
  /** Identity of a corrupt file, which is not opened again. */
  private damaged: FileIdentity = null;
  private failedWrites = 0;
  private charactersSinceCheck = 0;

  constructor(
    private readonly settings: DatabaseSettings,
    private readonly listener: DatabaseListener,
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

  /** Writes encoded records. Never throws: calls that cannot be stored are counted as dropped. */
  write(texts: readonly string[]): WriteResult {
    let written: WriteResult;
    try {
      written = this.use((database) => database.write(texts));
    } catch {
      written = { written: 0, dropped: texts.length };
    }
    this.failedWrites = written.written === 0 && written.dropped > 0 ? this.failedWrites + 1 : 0;
    if (this.inFile && this.failedWrites >= MAX_FAILED_WRITES) this.fallBack('write_failed');
    this.checkSize(texts);
    return written;
  }

  /**
   * Runs `work` with the current database, and once more with memory if the file proves unusable.
   *
   * @throws the error of `work`
   */
  use<T>(work: (database: CallDatabase) => T): T {
    this.checkFile();
    try {
      this.current!.refresh();
      return work(this.current!);
    } catch (error) {
      this.fallBackAfter(error);
      return work(this.current!);
    }
  }

  /** Answers a query, once more from memory if the file proves unusable. */
  async query<Name extends QueryName>(
    name: Name,
    parameters: StoreQueries[Name][0],
  ): Promise<StoreQueries[Name][1]> {
    this.checkFile();
    const { current } = this;
    try {
      current!.refresh();
      return await answer(current!, name, parameters);
    } catch (error) {
      if (this.current === current) this.fallBackAfter(error);
      return answer(this.current!, name, parameters);
    }
  }

  /** Deletes calls and rollups beyond the retention limits. Returns true if there is more to delete. */
  retain(): boolean {
    return this.reportLost((database) => database.retain(this.retention));
  }

  /** Reopens the file if it was deleted or replaced: writes to a deleted file are lost. */
  checkFile(): void {
    const { path } = this.settings;
    if (path === null || !this.inFile || !this.file!.isReplaced) return;
    try {
      // SQLite detects the replacement too, and does not touch the files at the path.
      this.current!.close();
    } catch {
      // Closing a corrupt file can fail.
    }
    try {
      this.file!.deleteLeftovers();
      this.openFile(path);
    } catch (error) {
      this.fallBack(troubleOf(error) ?? 'io_error');
      return;
    }
    this.listener.fileReplaced(
      `Store: the file ${path} was deleted or replaced while it was open. New calls are stored in the file at that path; ` +
        'calls in the former file are no longer available.',
    );
  }

  /** Returns to the file if it is usable again, and moves the calls from memory into it. */
  tryFile(): void {
    const { path } = this.settings;
    if (path === null || this.inFile || this.isStillDamaged(path)) return;
    const memory = this.current!;
    let file: CallDatabase | null = null;
    try {
      file = this.openAt(path);
      moveCalls(memory, file);
      file.batches.addFrom(memory.batches);
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
    const { reservedNames, limits, instance } = this.settings;
    return new CallDatabase(path, this.clock, reservedNames, limits, instance);
  }

  /** Large records can exceed the limit between two runs of retention. */
  private checkSize(texts: readonly string[]): void {
    for (const { length } of texts) this.charactersSinceCheck += length;
    const { retention } = this;
    if (this.charactersSinceCheck < SIZE_CHECK_SHARE * retention.maxBytes) return;
    this.charactersSinceCheck = 0;
    try {
      this.reportLost(({ database, clock }) => {
        while (inTransaction(database, () => dropToSize(database, retention, clock.times())));
      });
    } catch {
      // Retention tries again.
    }
  }

  /** Runs `work`, which may delete calls, and reports deleted calls that were waiting for the file. */
  private reportLost<T>(work: (database: CallDatabase) => T): T {
    if (this.inFile || this.settings.path === null) return this.use(work);
    const { current } = this;
    const before = countCalls(current!);
    const result = this.use(work);
    const lost = this.current === current ? before - countCalls(current!) : 0;
    if (lost > 0) this.listener.callsLost(lost);
    return result;
  }

  /** Corruption may show only when the damaged page is read, so a corrupt file is not tried again unless it is replaced. */
  private isStillDamaged(path: string): boolean {
    return this.damaged !== null && this.damaged === identityOf(path);
  }

  /** @throws the error if the file is not its cause */
  private fallBackAfter(error: unknown): void {
    const trouble = troubleOf(error);
    if (trouble === null || !this.inFile) throw error;
    this.fallBack(trouble);
  }

  private fallBack(reason: StoreTrouble): void {
    const { path } = this.settings;
    this.damaged = reason === 'corrupt' ? identityOf(path!) : null;
    try {
      this.current?.close();
    } catch {
      // Closing a corrupt file can fail.
    }
    this.inFile = false;
    this.failedWrites = 0;
    this.current = this.openAt(':memory:');
    this.trouble = {
      reason,
      message: `Store: the file ${path} cannot be used: ${TROUBLE_DESCRIPTIONS[reason]}. Calls are kept in memory.`,
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

/** Deletes each batch from memory once it is written, so that a failed move resumes without duplicates. */
function moveCalls(from: CallDatabase, to: CallDatabase): void {
  const next = from.database.prepare(
    'SELECT record.id, text, uuid FROM record JOIN call ON call.id = record.id ORDER BY record.id LIMIT ?',
  );
  const remove = from.database.prepare('DELETE FROM record WHERE id <= ?');
  for (;;) {
    const records = next.all(COPY_BATCH_SIZE) as unknown as Array<EncodedCall & { id: number }>;
    if (records.length === 0) return;
    const { written } = to.writeCalls(records);
    if (written === 0) throw new Error('No call could be written to the file.');
    remove.run(records.at(-1)!.id);
  }
}
