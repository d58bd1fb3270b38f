import { StoreQueryError } from '../call-store.js';
import type { Clock } from '../sqlite/clock.js';
import { FallbackDatabase, type DatabaseListener } from '../sqlite/fallback-database.js';
import {
  HANDLED_CALLS,
  LOST_ON_CLOSE,
  monotonicMs,
  type WorkerMessage,
  type WorkerQueryName,
  type WorkerRequest,
  type WorkerSettings,
} from './messages.js';

/** Calls in one transaction. */
const BATCH_SIZE = 4000;
/** How long a call waits for more calls: a transaction costs the same for one and for hundreds. */
const MAX_BATCH_DELAY_MS = 100;
/** Interval of retention, which also detects a deleted or replaced file. */
export const RETENTION_INTERVAL_MS = 10_000;
const FILE_RETRY_INTERVAL_MS = 30_000;

/** Handles requests in order of arrival: writes batches of calls and runs queries. */
export class StoreWorker {
  private readonly database: FallbackDatabase;
  private waiting: string[] = [];
  private waitingCharacters = 0;
  private writeTimer: NodeJS.Timeout | null = null;
  private readonly timers: NodeJS.Timeout[];

  constructor(
    private readonly settings: WorkerSettings,
    private readonly send: (message: WorkerMessage) => void,
    clock?: Clock,
  ) {
    const listener: DatabaseListener = {
      troubleChanged: () => this.sendState(),
      fileReplaced: (message) => send({ type: 'warning', message }),
      callsLost: (calls) => send({ type: 'calls_lost', calls }),
    };
    this.database = new FallbackDatabase(settings, listener, clock);
    this.database.open();
    this.sendState();
    this.timers = [
      setInterval(() => this.retain(), RETENTION_INTERVAL_MS).unref(),
      setInterval(() => this.database.tryFile(), FILE_RETRY_INTERVAL_MS).unref(),
    ];
  }

  handle(request: WorkerRequest): void {
    switch (request.type) {
      case 'write':
        this.enqueue(request.lines);
        return;
      case 'query':
        this.write();
        // Otherwise queries that nobody waits for would delay those after them, and a slow store would never catch up.
        if (request.expiresAt < monotonicMs()) return;
        void this.respond(request.id, request.name, request.parameters);
        return;
      case 'close':
        this.close();
    }
  }

  private enqueue(lines: string): void {
    const texts = lines.split('\n');
    for (const text of texts) this.waiting.push(text);
    this.waitingCharacters += lines.length;
    if (this.waiting.length >= BATCH_SIZE) this.write();
    else this.writeTimer ??= setTimeout(() => this.write(), MAX_BATCH_DELAY_MS).unref();
  }

  private write(): void {
    if (this.writeTimer) clearTimeout(this.writeTimer);
    this.writeTimer = null;
    const { waiting, waitingCharacters } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    this.waitingCharacters = 0;
    const { written, dropped } = this.database.write(waiting);
    Atomics.add(this.settings.sharedCounters, HANDLED_CALLS, waiting.length);
    Atomics.notify(this.settings.sharedCounters, HANDLED_CALLS);
    this.send({ type: 'batch_handled', written, dropped, characters: waitingCharacters });
  }

  private async respond(id: number, name: WorkerQueryName, parameters: unknown): Promise<void> {
    try {
      const result = name === 'flush' ? null : await this.database.query(name, parameters as never);
      this.send({ type: 'result', id, result });
    } catch (error) {
      const message = error instanceof Error ? error.message : 'Unknown error.';
      this.send({ type: 'error', id, message, isQueryError: error instanceof StoreQueryError });
    }
  }

  private retain(): void {
    try {
      if (this.database.retain()) setTimeout(() => this.retain(), MAX_BATCH_DELAY_MS).unref();
    } catch {
      // Retention runs again later. Problems with the file are reported by the next write.
    }
  }

  private close(): void {
    this.write();
    for (const timer of this.timers) clearInterval(timer);
    const lost = this.database.close();
    // The application may read it after this thread has exited, when no message would arrive.
    Atomics.store(this.settings.sharedCounters, LOST_ON_CLOSE, lost + 1);
    Atomics.notify(this.settings.sharedCounters, LOST_ON_CLOSE);
  }

  private sendState(): void {
    const { mode, trouble } = this.database;
    this.send({ type: 'state', state: mode === 'file' ? 'stored' : 'memory', trouble });
  }
}
