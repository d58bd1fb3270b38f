import type { DatabaseSync } from 'node:sqlite';
import type { OwnInstance } from '../core/instance.js';
import { inTransaction } from '../sqlite/open-database.js';
import { OpenFile } from '../sqlite/store-file.js';
import {
  deleteOutboxFile,
  openOutboxDatabase,
  type OutboxState,
  readState,
  writeState,
} from './outbox-database.js';

/** Calls in one entry at most. Calls are numbered by their positions: the number of the entry × this + the index. */
export const CALLS_PER_ENTRY = 4096;

/** A call that waits. */
export interface WaitingCall {
  /** Identifies the call among all calls of its process. */
  readonly position: number;
  /** The encoded record. */
  readonly text: string;
}

/** The next calls of an outbox. Until they are acknowledged or abandoned, `next` returns the same calls. */
export interface WaitingDelivery {
  /** Unique among the deliveries of the process, and increasing. */
  readonly number: number;
  readonly calls: readonly WaitingCall[];
}

/** Bounds of one delivery. It has at least one call. */
export interface DeliveryLimits {
  readonly calls: number;
  readonly bytes: number;
}

/** A new outbox. */
export interface OwnOutbox extends Pick<OutboxState, 'instance' | 'target'> {
  /** Number of its first entry: later than all numbers that this process used. */
  readonly firstNumber: number;
}

/** An empty file that was larger is shrunk. */
const KEPT_BYTES = 16 * 1024 * 1024;

interface Entry {
  readonly number: number;
  readonly lines: string;
  readonly calls: number;
  readonly bytes: number;
  readonly at: number;
}

/**
 * Calls of one process that wait for a database, in a file or in memory (`:memory:`).
 *
 * A delivery is a range of positions, numbered by its end. The range is written down before it is delivered, so a repeated
 * delivery, also by another process after a crash, has the same calls with the same number and the same ids.
 */
export class Outbox {
  readonly instance: OwnInstance;
  readonly target: string;
  private database: DatabaseSync;
  private file: OpenFile | null;
  private acknowledged: number;
  private until: number | null;
  private nextNumber: number;
  private calls = 0;
  private bytes = 0;
  private largestBytes = 0;

  /**
   * @param own - describes a new outbox; `null`: the file must be an outbox already
   * @throws if the file cannot be used
   */
  constructor(
    private path: string,
    own: OwnOutbox | null,
  ) {
    this.database = openOutboxDatabase(path, { create: own !== null });
    try {
      const state = readState(this.database) ?? this.create(own);
      this.instance = state.instance;
      this.target = state.target;
      this.acknowledged = state.acknowledged;
      this.until = state.until;
      const { last } = this.database.prepare('SELECT max(number) AS last FROM entry').get() as {
        last: number | null;
      };
      const lastNumber = Math.max(last ?? 0, Math.floor((state.acknowledged - 1) / CALLS_PER_ENTRY));
      this.nextNumber = Math.max(lastNumber + 1, own?.firstNumber ?? 1);
      this.count();
      this.file = path === ':memory:' ? null : new OpenFile(path);
    } catch (error) {
      this.database.close();
      throw error;
    }
  }

  get waiting(): number {
    return this.calls;
  }

  get waitingBytes(): number {
    return this.bytes;
  }

  /** When the oldest call was added, Unix milliseconds; `null` if none waits. */
  get waitingSince(): number | null {
    if (this.calls === 0) return null;
    const row = this.database.prepare('SELECT at FROM entry ORDER BY number LIMIT 1').get() as
      { at: number } | undefined;
    return row?.at ?? null;
  }

  /** Position after the last call that was added. */
  get end(): number {
    return this.nextNumber * CALLS_PER_ENTRY;
  }

  /** Position after the last call that was delivered. */
  get delivered(): number {
    return this.acknowledged;
  }

  /** Returns true if the file was deleted, or another one has its path. */
  get isReplaced(): boolean {
    try {
      return this.file !== null && this.file.isReplaced;
    } catch {
      // Such as a folder that became unreadable: the next write fails.
      return false;
    }
  }

  /**
   * Adds encoded records, all or nothing of those that the size limit allows. Returns how many.
   *
   * @throws if the file cannot be used
   */
  append(texts: readonly string[], at: number, maxBytes: number): number {
    const fitting = this.fitting(texts, maxBytes - this.bytes);
    if (fitting.length === 0) return 0;
    let { nextNumber: number, bytes } = this;
    inTransaction(this.database, () => {
      for (let index = 0; index < fitting.length; index += CALLS_PER_ENTRY) {
        const part = fitting.slice(index, index + CALLS_PER_ENTRY);
        const lines = part.join('\n');
        const entry = { number: number++, lines, calls: part.length, bytes: Buffer.byteLength(lines), at };
        insertEntry(this.database, entry);
        bytes += entry.bytes;
      }
    });
    this.nextNumber = number;
    this.calls += fitting.length;
    this.bytes = bytes;
    this.largestBytes = Math.max(this.largestBytes, bytes);
    return fitting.length;
  }

  /** Returns the delivery that was begun, else begins one; `null` if no call waits. @throws if the file cannot be used */
  next(limits: DeliveryLimits): WaitingDelivery | null {
    const calls = this.read(this.until, limits);
    const last = calls.at(-1);
    if (!last) {
      this.calls = this.bytes = 0;
      return null;
    }
    const number = last.position + 1;
    if (this.until !== number) this.setState({ until: number });
    return { number, calls };
  }

  /**
   * Deletes the calls of a delivery. Returns false if it is no longer here, because the outbox moved to another file: it
   * will be repeated from the file.
   *
   * @throws if the file cannot be used
   */
  acknowledge({ number, calls }: WaitingDelivery): boolean {
    if (this.until !== number) return false;
    const last = Math.floor((number - 1) / CALLS_PER_ENTRY);
    inTransaction(this.database, () => {
      this.database
        .prepare('DELETE FROM entry WHERE number < ? OR (number = ? AND calls <= ?)')
        .run(last, last, number - last * CALLS_PER_ENTRY);
      this.setState({ acknowledged: number, until: null });
    });
    this.calls = Math.max(0, this.calls - calls.length);
    this.bytes = this.calls === 0 ? 0 : Math.max(0, this.bytes - bytesOf(calls));
    if (this.calls === 0) this.shrink();
    return true;
  }

  /** Takes back a delivery that was certainly not written, so that the next one can have other limits. */
  abandon(): void {
    this.setState({ until: null });
  }

  /**
   * Moves to another file or to memory. With `calls`, the waiting calls move along; without, they stay in the file, which
   * can then be adopted.
   *
   * @param firstNumber - later than all numbers that this process used
   * @throws if the other file cannot be used; then nothing has changed
   */
  moveTo(path: string, firstNumber: number, { calls }: { readonly calls: boolean }): void {
    const database = openOutboxDatabase(path, { create: true });
    try {
      inTransaction(database, () => {
        const { instance, target, acknowledged, until } = this;
        writeState(database, { instance, target, acknowledged, until: calls ? until : null });
        if (calls) this.copyEntries(database);
      });
    } catch (error) {
      database.close();
      if (path !== ':memory:') deleteOutboxFile(path);
      throw error;
    }
    const { file } = this;
    this.closeQuietly();
    if (calls) file?.deleteLeftovers();
    this.database = database;
    this.path = path;
    this.file = path === ':memory:' ? null : new OpenFile(path);
    this.nextNumber = Math.max(this.nextNumber, firstNumber);
    if (!calls) this.until = null;
    this.count();
  }

  /** Closes the outbox, and deletes its file if no call waits. Never throws. */
  close(): void {
    const isDone = this.calls === 0 && this.path !== ':memory:' && !this.isReplaced;
    this.closeQuietly();
    if (isDone) deleteOutboxFile(this.path);
  }

  private create(own: OwnOutbox | null): OutboxState {
    if (own === null) throw new Error('The file is not an outbox yet.');
    const state = { instance: own.instance, target: own.target, acknowledged: 0, until: null };
    writeState(this.database, state);
    return state;
  }

  /** Returns the first texts that the free bytes allow. */
  private fitting(texts: readonly string[], free: number): readonly string[] {
    // A UTF-16 code unit takes at most three bytes.
    if (texts.reduce((sum, { length }) => sum + 3 * length + 1, 0) <= free) return texts;
    let bytes = 0;
    const end = texts.findIndex((text) => (bytes += Buffer.byteLength(text) + 1) > free);
    return end < 0 ? texts : texts.slice(0, end);
  }

  private read(until: number | null, limits: DeliveryLimits): readonly WaitingCall[] {
    const calls: WaitingCall[] = [];
    let bytes = 0;
    const entries = this.database.prepare('SELECT number, lines FROM entry ORDER BY number').iterate();
    for (const { number, lines } of entries as Iterable<unknown> as Iterable<Entry>) {
      const first = number * CALLS_PER_ENTRY;
      for (const [index, text] of lines.split('\n').entries()) {
        const position = first + index;
        if (position < this.acknowledged) continue;
        if (until !== null && position >= until) return calls;
        bytes += text.length;
        const isFull = calls.length >= limits.calls || bytes > limits.bytes;
        if (until === null && isFull && calls.length > 0) return calls;
        calls.push({ position, text });
      }
    }
    return calls;
  }

  private setState({ acknowledged = this.acknowledged, until }: Partial<OutboxState>): void {
    this.database.prepare('UPDATE state SET acknowledged = ?, until = ?').run(acknowledged, until ?? null);
    this.acknowledged = acknowledged;
    this.until = until ?? null;
  }

  private copyEntries(to: DatabaseSync): void {
    const entries = this.database.prepare('SELECT number, lines, calls, bytes, at FROM entry').iterate();
    for (const entry of entries as Iterable<unknown> as Iterable<Entry>) insertEntry(to, entry);
  }

  private count(): void {
    const { calls, bytes, first } = this.database
      .prepare(
        'SELECT coalesce(sum(calls), 0) AS calls, coalesce(sum(bytes), 0) AS bytes, min(number) AS first FROM entry',
      )
      .get() as { calls: number; bytes: number; first: number | null };
    const delivered = first === null ? 0 : Math.max(0, this.acknowledged - first * CALLS_PER_ENTRY);
    this.calls = Math.max(0, calls - delivered);
    this.bytes = bytes;
  }

  /** Returns the space of a long backlog to the disk. */
  private shrink(): void {
    if (this.largestBytes > KEPT_BYTES) this.database.exec('PRAGMA incremental_vacuum');
    this.largestBytes = 0;
  }

  private closeQuietly(): void {
    try {
      this.database.close();
    } catch {
      // Closing a corrupt file can fail.
    }
  }
}

function insertEntry(database: DatabaseSync, { number, lines, calls, bytes, at }: Entry): void {
  database
    .prepare('INSERT INTO entry (number, lines, calls, bytes, at) VALUES (?, ?, ?, ?, ?)')
    .run(number, lines, calls, bytes, at);
}

function bytesOf(calls: readonly WaitingCall[]): number {
  let bytes = 0;
  for (const { text } of calls) bytes += Buffer.byteLength(text) + 1;
  return bytes;
}
