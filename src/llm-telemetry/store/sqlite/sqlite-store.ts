import type { CallRecord } from '../../calls/record.js';
import { guard } from '../../wire/guard.js';
import type { CallStore } from '../call-store.js';
import { StoreUnavailableError } from '../call-store.js';
import type { CallPage, CallQuery, StoredCall } from '../calls.js';
import type {
  BucketedQuery,
  ErrorResult,
  MeasureQuery,
  MeasureResult,
  RangeQuery,
  UnpricedModel,
} from '../measures.js';
import { CLOSED_WITH_LOST, SETTLED, type Question, type Questions, type Report } from './worker/messages.js';
import { textOf } from '../record-codec/record-text.js';
import type { DropReason, StoreStatus } from '../store-status.js';
import { workerFile } from './worker-file.js';
import { ThreadLink, type ThreadListener } from './thread-link.js';
import type { KeeperSettings } from './worker/call-keeper.js';

/** Calls that are handed over at once: about half a millisecond of the application's thread. */
const BATCH = 128;
/** How long a call waits for others. */
const POST_AFTER_MS = 250;
/** Calls that may wait to be written, and the characters of their texts: what comes on top is dropped. */
const MAX_WAITING = 50_000;
const MAX_WAITING_CHARACTERS = 128 * 1024 * 1024;
/** A thread that dies again and again is given up. */
const MAX_DEATHS = 5;
const RESTART_AFTER_MS = 1000;
/** How long an application that stops, and a process that ends, wait for calls that are not written yet. */
const CLOSE_WITHIN_MS = 3000;

const WORKER_MISSING =
  'Store: calls are kept in memory only, in the thread of the application, because the file of the store worker was not ' +
  'found. This happens if nestjs-llm-telemetry is bundled. Mark nestjs-llm-telemetry as external in your bundler and ' +
  'install it beside the bundle (see docs/bundling.md).';

/** Receives what the application logs about its store. */
export interface StoreLog {
  troubleChanged(trouble: StoreStatus['trouble']): void;
  warn(message: string): void;
}

const SILENT: StoreLog = { troubleChanged: () => undefined, warn: () => undefined };

/**
 * Keeps calls in SQLite, in a thread of its own: the application's thread makes texts of records, some at a time, and
 * posts them. Starts the thread with the first call or the first question.
 */
export class SqliteStore implements CallStore, ThreadListener {
  private thread: ThreadLink | null = null;
  /** Records that are not posted yet. */
  private readonly records: CallRecord[] = [];
  private posted = 0;
  private postedCharacters = 0;
  private timer: NodeJS.Timeout | null = null;
  private immediate: NodeJS.Immediate | null = null;

  private readonly inMemory: boolean;
  private mode: StoreStatus['mode'];
  private trouble: StoreStatus['trouble'] = null;
  private written = 0;
  private readonly dropped: Record<DropReason, number> = {
    queue_full: 0,
    worker_failed: 0,
    write_failed: 0,
    closed: 0,
  };

  private deaths = 0;
  private restarting = false;
  private closed = false;
  /** Numbers that the threads share with this one: see `ThreadSettings.settled`. */
  private readonly settledByThread = new Int32Array(new SharedArrayBuffer(8));
  private postedEver = 0;
  private readonly onExit = (): void => this.writeBeforeExit();

  constructor(
    private readonly settings: KeeperSettings,
    private readonly log: StoreLog = SILENT,
    /** The file of the worker; `null` if it cannot be found. */
    private readonly worker: string | null = workerFile(),
  ) {
    this.inMemory = settings.path === null || worker === null;
    this.mode = this.inMemory ? 'memory' : 'file';
    if (worker !== null) return;
    this.trouble = { reason: 'worker_missing', message: WORKER_MISSING, since: Date.now() };
    log.troubleChanged(this.trouble);
  }

  record(record: CallRecord): void {
    if (this.closed) this.dropped.closed++;
    else if (this.waiting >= MAX_WAITING || this.postedCharacters >= MAX_WAITING_CHARACTERS)
      this.dropped.queue_full++;
    else if (this.mode === 'off') this.dropped.worker_failed++;
    else {
      this.records.push(record);
      if (this.records.length >= BATCH) this.immediate ??= setImmediate(() => this.postBatch()).unref();
      else this.timer ??= setTimeout(() => this.postBatch(), POST_AFTER_MS).unref();
    }
  }

  /** Whatever is asked is asked after what was recorded before; so only a file has something to wait for. */
  async flush(): Promise<void> {
    if (this.inMemory || this.waiting === 0) return;
    await this.ask('flush', null).catch(() => undefined);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    process.off('exit', this.onExit);
    if (this.timer) clearTimeout(this.timer);
    if (this.immediate) clearImmediate(this.immediate);
    // What is in memory is gone with the thread: nothing to write.
    if (!this.inMemory) this.postAll();
    const droppedBefore = this.dropped.worker_failed;
    await this.thread?.close(this.inMemory ? 0 : CLOSE_WITHIN_MS);
    this.thread = null;
    if (this.inMemory) return;
    this.countLost();
    this.logUnwritten(this.dropped.worker_failed - droppedBefore);
  }

  async status(): Promise<StoreStatus> {
    const kept = await this.ask('kept', null).catch(() => ({
      kept: 0,
      oldest: null,
      newest: null,
      firstCallAt: null,
      bytes: 0,
    }));
    return {
      mode: this.closed ? 'off' : this.mode,
      path: this.settings.path,
      trouble: this.trouble,
      written: this.written,
      waiting: this.waiting,
      dropped: { ...this.dropped },
      ...kept,
    };
  }

  measure(query: MeasureQuery): Promise<MeasureResult> {
    return this.ask('measure', query);
  }

  errors(query: BucketedQuery): Promise<ErrorResult> {
    return this.ask('errors', query);
  }

  unpriced(query: RangeQuery): Promise<readonly UnpricedModel[]> {
    return this.ask('unpriced', query);
  }

  calls(query: CallQuery): Promise<CallPage> {
    return this.ask('calls', query);
  }

  call(id: number): Promise<StoredCall | null> {
    return this.ask('call', id);
  }

  settled({ written, dropped, characters }: Extract<Report, { type: 'settled' }>): void {
    this.written += written;
    this.dropped.write_failed += dropped;
    this.posted -= written + dropped;
    this.postedCharacters -= characters;
  }

  modeChanged({ mode, trouble }: Extract<Report, { type: 'mode' }>): void {
    if (this.worker === null) return;
    const changed = this.trouble?.reason !== trouble?.reason;
    this.mode = mode;
    this.trouble = trouble;
    if (changed) this.log.troubleChanged(trouble);
  }

  warned({ message }: Extract<Report, { type: 'warning' }>): void {
    this.log.warn(message);
  }

  lost({ calls }: Pick<Extract<Report, { type: 'lost' }>, 'calls'>): void {
    this.written -= calls;
    this.dropped.write_failed += calls;
  }

  died(): void {
    this.thread = null;
    this.dropped.worker_failed += this.posted;
    Atomics.store(this.settledByThread, SETTLED, this.postedEver | 0);
    this.posted = 0;
    this.postedCharacters = 0;
    if (this.closed) return;
    this.deaths++;
    if (this.deaths >= MAX_DEATHS) return this.giveUp();
    this.restarting = true;
    setTimeout(() => {
      this.restarting = false;
      this.postBatch();
    }, RESTART_AFTER_MS * this.deaths).unref();
  }

  private get waiting(): number {
    return this.records.length + this.posted;
  }

  private async ask<Name extends Question>(
    question: Name,
    about: Questions[Name][0],
  ): Promise<Questions[Name][1]> {
    if (this.closed) throw new StoreUnavailableError('The store is closed.');
    this.postAll();
    const thread = this.running();
    if (!thread) throw new StoreUnavailableError('The thread of the store has ended.');
    return thread.ask(question, about);
  }

  private running(): ThreadLink | null {
    if (this.thread || this.restarting || this.mode === 'off') return this.thread;
    if (this.deaths === 0 && !this.inMemory) process.once('exit', this.onExit);
    const path = this.inMemory ? null : this.settings.path;
    const settings = { ...this.settings, path, settled: this.settledByThread };
    this.thread =
      guard('starting the thread of the store', () => new ThreadLink(this.worker, settings, this)) ?? null;
    if (!this.thread) this.died();
    return this.thread;
  }

  private postAll(): void {
    while (this.records.length > 0 && this.running()) this.post();
  }

  private postBatch(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.immediate = null;
    if (this.records.length === 0 || !this.running()) return;
    this.post();
    if (this.records.length > 0) this.immediate = setImmediate(() => this.postBatch()).unref();
  }

  private post(): void {
    const thread = this.thread!;
    const records = this.records.splice(0, BATCH);
    // An attribute of the application's own can be something that has no text.
    const texts = records.flatMap((record) => guard('making a text of a record', () => textOf(record)) ?? []);
    this.dropped.write_failed += records.length - texts.length;
    if (texts.length === 0) return;
    const lines = texts.join('\n');
    this.posted += texts.length;
    this.postedEver += texts.length;
    this.postedCharacters += lines.length;
    thread.post({ type: 'write', lines });
  }

  private giveUp(): void {
    this.mode = 'off';
    this.dropped.worker_failed += this.records.length;
    this.records.length = 0;
    this.trouble = {
      reason: 'worker_failed',
      message: 'Calls are not kept any more, because the thread that writes them has failed several times.',
      since: Date.now(),
    };
    this.log.troubleChanged(this.trouble);
  }

  /** The process ends, and nothing asynchronous happens any more; but the thread still runs. */
  private writeBeforeExit(): void {
    this.postAll();
    // In memory there may be calls that are not in the file yet.
    if (!this.thread || (this.posted === 0 && this.mode === 'file')) return;
    this.thread.post({ type: 'close' });
    Atomics.wait(this.settledByThread, CLOSED_WITH_LOST, 0, CLOSE_WITHIN_MS);
    this.countLost();
    // The reports of the thread do not arrive any more, but it counts in shared memory.
    this.logUnwritten((this.postedEver - Atomics.load(this.settledByThread, SETTLED)) | 0);
  }

  /** Logs calls that the thread had not written when the wait for it ended. */
  private logUnwritten(calls: number): void {
    if (calls <= 0) return;
    this.log.warn(
      `Store: ${calls} calls were dropped, because writing them to ${this.settings.path} took longer than ` +
        `${CLOSE_WITHIN_MS / 1000} s after the application had stopped.`,
    );
  }

  /** Counts and logs what was in memory when the store was closed, because its file was not usable. */
  private countLost(): void {
    const lost = Atomics.load(this.settledByThread, CLOSED_WITH_LOST) - 1;
    if (lost <= 0) return;
    this.lost({ calls: lost });
    this.log.warn(
      `Store: ${lost} calls were dropped, because the file ${this.settings.path} could not be used until the store was ` +
        'closed, and they were kept in memory only.',
    );
  }
}
