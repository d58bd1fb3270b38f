import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '../../runtime/package-root.js';
import { StoreQueryError, StoreUnavailableError } from '../call-store.js';
import {
  monotonicMs,
  type WorkerQueryName,
  type WorkerEvent,
  type WorkerMessage,
  type WorkerQueries,
  type WorkerRequest,
  type WorkerSettings,
} from './messages.js';
import type { StoreWorker } from './store-worker.js';

/** Receives the events of the worker. */
export interface WorkerListener {
  batchHandled(event: Extract<WorkerEvent, { type: 'batch_handled' }>): void;
  stateChanged(event: Extract<WorkerEvent, { type: 'state' }>): void;
  warningRaised(event: Extract<WorkerEvent, { type: 'warning' }>): void;
  callsLost(event: Extract<WorkerEvent, { type: 'calls_lost' }>): void;
  outboxChanged(event: Extract<WorkerEvent, { type: 'outbox' }>): void;
  /** Returns the password from the function of the application. Never rejects; `null` if it failed. */
  secret(): Promise<string | null>;
  /** The worker exited or failed. Calls that it had not written are lost. */
  workerExited(): void;
}

interface PendingQuery {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * How long a caller waits, including the time that the query waits behind others. A slower query is rejected: its result
 * would be outdated. The worker skips queries that have expired.
 */
const QUERY_TIMEOUT_MS = 10_000;
const QUERY_TIMED_OUT = `The store did not respond within ${QUERY_TIMEOUT_MS / 1000} s.`;
const WORKER_EXITED = 'The worker thread of the store has exited.';

/**
 * Sends requests to the store's worker thread. The worker keeps the process alive only while a query is pending.
 */
export class WorkerClient {
  private readonly worker: Worker | LocalWorker;
  private readonly pending = new Map<number, PendingQuery>();
  private nextId = 0;
  private exited = false;

  constructor(
    /** The worker's file; `null` to run the worker in the application's thread. */
    file: string | null,
    settings: WorkerSettings,
    private readonly listener: WorkerListener,
  ) {
    this.worker = file === null ? new LocalWorker(settings) : startWorker(file, settings);
    this.worker.unref();
    this.worker.on('message', (message: WorkerMessage) => this.onMessage(message));
    this.worker.on('messageerror', () => this.onExit());
    this.worker.on('error', () => this.onExit());
    this.worker.on('exit', () => this.onExit());
  }

  post(request: WorkerRequest): void {
    this.worker.postMessage(request);
  }

  /** @throws StoreQueryError, StoreUnavailableError */
  query<Name extends WorkerQueryName>(
    name: Name,
    parameters: WorkerQueries[Name][0],
  ): Promise<WorkerQueries[Name][1]> {
    if (this.exited) return Promise.reject(new StoreUnavailableError(WORKER_EXITED));
    const id = this.nextId++;
    // `flush` returns no result that could be outdated, and its caller relies on the calls having been written.
    const timeoutMs = name === 'flush' ? Infinity : QUERY_TIMEOUT_MS;
    return new Promise<WorkerQueries[Name][1]>((resolve, reject) => {
      const expire = (): void => this.takePending(id)?.reject(new StoreUnavailableError(QUERY_TIMED_OUT));
      const timer = timeoutMs === Infinity ? undefined : setTimeout(expire, timeoutMs);
      this.pending.set(id, {
        resolve: (result) => {
          clearTimeout(timer);
          resolve(result);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.worker.ref();
      this.post({ type: 'query', id, name, parameters, expiresAt: monotonicMs() + timeoutMs });
    });
  }

  /** Closes the store and waits until it has written its calls; terminates it after `timeoutMs`, or at once if 0. */
  async close(timeoutMs: number): Promise<void> {
    if (this.exited) return;
    if (timeoutMs === 0) return void (await this.worker.terminate());
    const exit = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()));
    const timer = setTimeout(() => void this.worker.terminate(), timeoutMs);
    this.worker.ref();
    this.post({ type: 'close' });
    await exit;
    clearTimeout(timer);
  }

  private onMessage(message: WorkerMessage): void {
    switch (message.type) {
      case 'batch_handled':
        this.listener.batchHandled(message);
        return;
      case 'state':
        this.listener.stateChanged(message);
        return;
      case 'warning':
        this.listener.warningRaised(message);
        return;
      case 'calls_lost':
        this.listener.callsLost(message);
        return;
      case 'outbox':
        this.listener.outboxChanged(message);
        return;
      case 'secret_requested':
        void this.listener.secret().then((secret) => this.post({ type: 'secret', id: message.id, secret }));
        return;
      case 'result':
        this.takePending(message.id)?.resolve(message.result as never);
        return;
      case 'error': {
        const { id, isQueryError, message: text } = message;
        this.takePending(id)?.reject(
          isQueryError ? new StoreQueryError(text) : new StoreUnavailableError(text),
        );
      }
    }
  }

  private takePending(id: number): PendingQuery | undefined {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    if (this.pending.size === 0) this.worker.unref();
    return pending;
  }

  private onExit(): void {
    if (this.exited) return;
    this.exited = true;
    for (const id of this.pending.keys()) {
      this.takePending(id)?.reject(new StoreUnavailableError(WORKER_EXITED));
    }
    this.listener.workerExited();
  }
}

function startWorker(file: string, settings: WorkerSettings): Worker {
  return new Worker(file, {
    name: 'llm-telemetry-store',
    workerData: settings,
    // Do not inherit preloaded modules or the inspector. Node 22 warns that SQLite is experimental.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: {},
  });
}

/**
 * Replaces the worker thread if the worker's file cannot be found: runs the same code in the application's thread. Calls
 * are kept in memory, where a write takes microseconds, because a file could block the event loop.
 */
export class LocalWorker extends EventEmitter {
  private readonly worker: Promise<StoreWorker>;

  constructor(settings: WorkerSettings) {
    super();
    // Loaded on demand: in an application that is not bundled, this code runs in the worker thread only.
    this.worker = import('./store-worker.js').then(
      ({ StoreWorker }) =>
        new StoreWorker(settings, (message: WorkerMessage) => this.emit('message', message)),
    );
    this.worker.catch((error: unknown) => this.emit('error', error));
  }

  postMessage(request: WorkerRequest): void {
    const handled = this.worker.then(async (worker) => {
      worker.handle(request);
      if (request.type !== 'close') return;
      await worker.closed;
      this.emit('exit');
    });
    handled.catch((error: unknown) => this.emit('error', error));
  }

  ref(): void {}

  unref(): void {}

  async terminate(): Promise<void> {
    await this.worker.then(
      (worker) => worker.handle({ type: 'close' }),
      () => undefined,
    );
    this.emit('exit');
  }
}

/** Returns the path of the store's worker; `null` if the package was bundled and is not installed beside the bundle. */
export function workerFile(): string | null {
  const root = packageRoot();
  const file = root && join(root, 'dist', 'cjs', 'llm-telemetry', 'store', 'thread', 'main.js');
  return file !== null && existsSync(file) ? file : null;
}
