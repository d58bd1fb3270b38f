import type { BatchMemory } from '../../calls/batches/batch-memory.js';
import type { CallRecord } from '../../calls/record.js';
import { guard } from '../../wire/guard.js';
import { type CallStore, type DropReason, type StoreStatus, StoreUnavailableError } from '../call-store.js';
import type { CallPage, CallQuery, RecordPage, StoredCall } from '../calls.js';
import type {
  BucketedQuery,
  ErrorResult,
  MeasureQuery,
  MeasureResult,
  RangeQuery,
  UnpricedModel,
} from '../measures.js';
import type { FleetCoordination } from '../fleet.js';
import { encodeRecord } from '../record-codec/record-text.js';
import { coordinationBy } from './coordination.js';
import { WorkerClient, workerFile, type WorkerListener } from './worker-client.js';
import {
  type EngineSettings,
  HANDLED_CALLS,
  LOST_ON_CLOSE,
  type WorkerQueryName,
  type WorkerEvent,
  type WorkerQueries,
  type WorkerSettings,
} from './messages.js';

/** Calls posted at once: encoding them takes about half a millisecond of the application's thread. */
const BATCH_SIZE = 128;
/** How long a call waits for more calls. */
const MAX_BATCH_DELAY_MS = 250;
/** Bounds of the queue: calls, and characters of their texts. Calls beyond are dropped. */
const MAX_QUEUED = 50_000;
const MAX_QUEUED_CHARACTERS = 128 * 1024 * 1024;
/** The store is switched off after this many crashes of its worker. */
const MAX_CRASHES = 5;
const RESTART_DELAY_MS = 1000;
/** How long a shutdown of the application, and an exit of the process, wait for calls to be written. */
const CLOSE_TIMEOUT_MS = 3000;

const REMEDY =
  "because the store worker's file was not found. This happens if nestjs-llm-telemetry is bundled. Mark " +
  'nestjs-llm-telemetry as external in your bundler and install it beside the bundle (see docs/bundling.md).';
const WORKER_MISSING = `Store: calls are kept in memory, ${REMEDY}`;
const WORKER_MISSING_OF_SHARED = `Store: calls are delivered in the application's thread, and kept in memory until then, ${REMEDY}`;

type Event<Type extends WorkerEvent['type']> = Extract<WorkerEvent, { type: Type }>;

/** Receives log messages of the store. */
export interface StoreLog {
  troubleChanged(trouble: StoreStatus['trouble']): void;
  warn(message: string): void;
}

const EMPTY_OUTBOX = { waiting: 0, waitingSince: null, isDurable: true };

const SILENT: StoreLog = { troubleChanged: () => undefined, warn: () => undefined };

/**
 * Stores calls with a write-behind queue: the application's thread encodes records and posts them in batches to a worker
 * thread, which writes them to SQLite or delivers them to a shared database. The worker is started by the first call or
 * query.
 */
export class ThreadedStore implements CallStore, WorkerListener {
  private client: WorkerClient | null = null;
  /** Records that were not posted yet. */
  private readonly unposted: CallRecord[] = [];
  private posted = 0;
  /** When a call was recorded while no other was queued, Unix milliseconds. */
  private queuedSince = 0;
  private postedCharacters = 0;
  private timer: NodeJS.Timeout | null = null;
  private immediate: NodeJS.Immediate | null = null;

  /** Calls in the outbox of the worker. */
  private outbox: Pick<Event<'outbox'>, 'waiting' | 'waitingSince' | 'isDurable'> = EMPTY_OUTBOX;

  readonly remembers: CallStore['remembers'];
  readonly fleet?: FleetCoordination;
  /** Whether calls are in the memory of the worker, and end with it. */
  private readonly inMemory: boolean;
  private readonly isShared: boolean;
  /** What is configured, for the log. */
  private readonly place: string;
  private state: StoreStatus['state'];
  private trouble: StoreStatus['trouble'] = null;
  private readonly missingWorker: StoreStatus['trouble'] = null;
  private written = 0;
  private readonly dropped: Record<DropReason, number> = {
    queue_full: 0,
    worker_failed: 0,
    write_failed: 0,
    closed: 0,
  };

  private crashes = 0;
  private restarting = false;
  private closed = false;
  /** Shared with the worker: see `WorkerSettings.sharedCounters`. */
  private readonly sharedCounters = new Int32Array(new SharedArrayBuffer(8));
  private totalPosted = 0;
  private readonly onExit = (): void => this.writeOnExit();

  constructor(
    private readonly settings: EngineSettings,
    private readonly log: StoreLog = SILENT,
    /** The file of the worker; `null` if it cannot be found. */
    private readonly workerPath: string | null = workerFile(),
    /** Returns the password of a shared database. */
    private readonly askSecret?: () => Promise<string>,
  ) {
    this.isShared = 'kind' in settings;
    this.inMemory = !('kind' in settings) && (settings.path === null || workerPath === null);
    this.place = 'kind' in settings ? `the database ${settings.where}` : `the file ${settings.path}`;
    this.state = this.inMemory ? 'memory' : 'stored';
    this.remembers = this.isShared ? 'fleet' : this.inMemory ? 'process' : 'machine';
    if ('kind' in settings)
      this.fleet = coordinationBy(settings.kind, (name, parameters) => this.query(name, parameters));
    if (workerPath !== null) return;
    const message = this.isShared ? WORKER_MISSING_OF_SHARED : WORKER_MISSING;
    this.missingWorker = { reason: 'worker_missing', message, since: Date.now() };
    this.trouble = this.missingWorker;
    log.troubleChanged(this.trouble);
  }

  readonly batches: BatchMemory = {
    remember: async (batch) => void (await this.query('rememberBatch', batch)),
    claim: (results, items) => this.query('claimItems', { results, items }),
    complete: async (results) => void (await this.query('completeBatch', results)),
    claimSum: (batch, endedAt) => this.query('claimSum', { batch, endedAt }),
  };

  record(record: CallRecord): void {
    if (this.closed) this.dropped.closed++;
    else if (this.queued >= MAX_QUEUED || this.postedCharacters >= MAX_QUEUED_CHARACTERS)
      this.dropped.queue_full++;
    else if (this.state === 'off') this.dropped.worker_failed++;
    else {
      if (this.queued === 0) this.queuedSince = Date.now();
      this.unposted.push(record);
      if (this.unposted.length >= BATCH_SIZE) this.immediate ??= setImmediate(() => this.postBatch()).unref();
      else this.timer ??= setTimeout(() => this.postBatch(), MAX_BATCH_DELAY_MS).unref();
    }
  }

  /** Queries of a store in memory see all calls that were recorded before them. */
  async flush(): Promise<void> {
    if (this.inMemory || this.waiting === 0) return;
    await this.query('flush', null).catch(() => undefined);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    process.off('exit', this.onExit);
    if (this.timer) clearTimeout(this.timer);
    if (this.immediate) clearImmediate(this.immediate);
    if (!this.inMemory) this.postAll();
    const droppedBefore = this.dropped.worker_failed;
    await this.client?.close(this.inMemory ? 0 : CLOSE_TIMEOUT_MS);
    this.client = null;
    if (this.inMemory) return;
    this.countLost();
    this.logUnwritten(this.dropped.worker_failed - droppedBefore);
  }

  async status(): Promise<StoreStatus> {
    const stats = await this.query('stats', null).catch(() => ({
      kept: 0,
      oldest: null,
      newest: null,
      firstCallAt: null,
      bytes: 0,
    }));
    const { settings } = this;
    return {
      kind: 'kind' in settings ? settings.kind : 'sqlite',
      where: 'kind' in settings ? settings.where : settings.path,
      state: this.closed ? 'off' : this.state,
      trouble: this.trouble,
      written: this.written,
      waiting: this.waiting,
      waitingSince: this.outbox.waitingSince ?? (this.queued === 0 ? null : this.queuedSince),
      dropped: { ...this.dropped },
      ...stats,
    };
  }

  measure(query: MeasureQuery): Promise<MeasureResult> {
    return this.query('measure', query);
  }

  errors(query: BucketedQuery): Promise<ErrorResult> {
    return this.query('errors', query);
  }

  unpriced(query: RangeQuery): Promise<readonly UnpricedModel[]> {
    return this.query('unpriced', query);
  }

  calls(query: CallQuery): Promise<CallPage> {
    return this.query('calls', query);
  }

  records(query: CallQuery): Promise<RecordPage> {
    return this.query('records', query);
  }

  call(id: string): Promise<StoredCall | null> {
    return this.query('call', id);
  }

  batchHandled({ written, buffered, dropped, overflowed, characters }: Event<'batch_handled'>): void {
    this.written += written;
    this.dropped.write_failed += dropped;
    this.dropped.queue_full += overflowed;
    this.posted -= written + buffered + dropped + overflowed;
    this.postedCharacters -= characters;
  }

  outboxChanged({ written, dropped, waiting, waitingSince, isDurable }: Event<'outbox'>): void {
    this.written += written;
    this.dropped.write_failed += dropped;
    this.outbox = { waiting, waitingSince, isDurable };
  }

  async secret(): Promise<string | null> {
    try {
      return (await this.askSecret?.()) ?? null;
    } catch {
      return null;
    }
  }

  stateChanged({ state, trouble }: Event<'state'>): void {
    if (this.missingWorker && !this.isShared) return;
    const next = trouble ?? this.missingWorker;
    const changed = this.trouble?.reason !== next?.reason;
    this.state = state;
    this.trouble = next;
    if (changed) this.log.troubleChanged(next);
  }

  warningRaised({ message }: Event<'warning'>): void {
    this.log.warn(message);
  }

  callsLost({ calls }: Pick<Event<'calls_lost'>, 'calls'>): void {
    this.written -= calls;
    this.dropped.write_failed += calls;
  }

  workerExited(): void {
    this.client = null;
    this.dropped.worker_failed += this.posted;
    Atomics.store(this.sharedCounters, HANDLED_CALLS, this.totalPosted | 0);
    this.posted = 0;
    this.postedCharacters = 0;
    if (this.closed) return;
    if (!this.outbox.isDurable) {
      this.dropped.worker_failed += this.outbox.waiting;
      this.outbox = EMPTY_OUTBOX;
    }
    this.crashes++;
    if (this.crashes >= MAX_CRASHES) return this.disable();
    this.restarting = true;
    setTimeout(() => {
      this.restarting = false;
      this.postBatch();
    }, RESTART_DELAY_MS * this.crashes).unref();
  }

  /** Calls that the worker has not handled. */
  private get queued(): number {
    return this.unposted.length + this.posted;
  }

  private get waiting(): number {
    return this.queued + this.outbox.waiting;
  }

  private async query<Name extends WorkerQueryName>(
    name: Name,
    parameters: WorkerQueries[Name][0],
  ): Promise<WorkerQueries[Name][1]> {
    if (this.closed) throw new StoreUnavailableError('The store is closed.');
    this.postAll();
    const client = this.startedWorker();
    if (!client) throw new StoreUnavailableError('The worker thread of the store is not running.');
    return client.query(name, parameters);
  }

  private startedWorker(): WorkerClient | null {
    if (this.client || this.restarting || this.state === 'off') return this.client;
    if (this.crashes === 0 && !this.inMemory && this.workerPath !== null) process.once('exit', this.onExit);
    this.client =
      guard(
        'starting the worker of the store',
        () => new WorkerClient(this.workerPath, this.workerSettings(), this),
      ) ?? null;
    if (!this.client) this.workerExited();
    return this.client;
  }

  private workerSettings(): WorkerSettings {
    const { settings, sharedCounters } = this;
    if (!('kind' in settings)) return { ...settings, ...(this.inMemory && { path: null }), sharedCounters };
    return { ...settings, ...(this.workerPath === null && { buffer: 'memory' }), sharedCounters };
  }

  private postAll(): void {
    while (this.unposted.length > 0 && this.startedWorker()) this.post();
  }

  private postBatch(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.immediate = null;
    if (this.unposted.length === 0 || !this.startedWorker()) return;
    this.post();
    if (this.unposted.length > 0) this.immediate = setImmediate(() => this.postBatch()).unref();
  }

  private post(): void {
    const client = this.client!;
    const records = this.unposted.splice(0, BATCH_SIZE);
    // A record cannot be encoded if the application put an unsupported value into it.
    const texts = records.flatMap((record) => guard('encoding a record', () => encodeRecord(record)) ?? []);
    this.dropped.write_failed += records.length - texts.length;
    if (texts.length === 0) return;
    const lines = texts.join('\n');
    this.posted += texts.length;
    this.totalPosted += texts.length;
    this.postedCharacters += lines.length;
    client.post({ type: 'write', lines });
  }

  private disable(): void {
    this.state = 'off';
    this.dropped.worker_failed += this.unposted.length;
    this.unposted.length = 0;
    this.trouble = {
      reason: 'worker_failed',
      message: `Store: switched off, because its worker thread failed ${MAX_CRASHES} times. Calls are no longer stored.`,
      since: Date.now(),
    };
    this.log.troubleChanged(this.trouble);
  }

  /** Runs while the process exits: the event loop has stopped, but the worker thread still runs. */
  private writeOnExit(): void {
    this.postAll();
    // In memory mode, calls may wait for the file to be usable again. An outbox deletes its file.
    if (!this.client || (this.waiting === 0 && this.state === 'stored' && !this.isShared)) return;
    this.client.post({ type: 'close' });
    Atomics.wait(this.sharedCounters, LOST_ON_CLOSE, 0, CLOSE_TIMEOUT_MS);
    this.countLost();
    // Events of the worker no longer arrive, but it counts in shared memory.
    this.logUnwritten((this.totalPosted - Atomics.load(this.sharedCounters, HANDLED_CALLS)) | 0);
  }

  /** Logs calls that the worker had not written within the timeout. */
  private logUnwritten(calls: number): void {
    if (calls <= 0) return;
    this.log.warn(
      `Store: ${calls} calls were dropped, because writing them to ${'kind' in this.settings ? this.settings.where : this.settings.path} took longer than ` +
        `${CLOSE_TIMEOUT_MS / 1000} s after the application had stopped.`,
    );
  }

  /** Counts and logs the calls that were in memory when the store was closed, because its file or database was not usable. */
  private countLost(): void {
    const lost = Atomics.load(this.sharedCounters, LOST_ON_CLOSE) - 1;
    if (lost <= 0) return;
    if (this.isShared) {
      this.dropped.write_failed += lost;
      this.outbox = EMPTY_OUTBOX;
    } else this.callsLost({ calls: lost });
    this.log.warn(
      `Store: ${lost} calls were dropped: they were in memory only, because ${this.place} was not usable before the ` +
        'store was closed.',
    );
  }
}
