import { StoreQueryError } from '../../call-store.js';
import {
  LOST_ON_CLOSE,
  HANDLED_CALLS,
  monotonicMs,
  type WorkerRequest,
  type QueryName,
  type WorkerQueries,
  type WorkerMessage,
  type WorkerSettings,
} from './messages.js';
import type { CallDatabase } from './call-database.js';
import { FallbackDatabase, type DatabaseListener } from './fallback-database.js';
import { readCall, searchCalls } from './call-search.js';
import type { Clock } from './clock.js';
import { readErrors } from './read-errors.js';
import { readStats } from './read-stats.js';
import { readMeasures, readUnpriced } from './read-measures.js';

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
      troubleChanged: () => this.sendMode(),
      fileReplaced: (message) => send({ type: 'warning', message }),
      callsLost: (calls) => send({ type: 'calls_lost', calls }),
    };
    this.database = new FallbackDatabase(settings, listener, clock);
    this.database.open();
    this.sendMode();
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
        this.respond(request.id, request.name, request.parameters);
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

  private respond(id: number, name: QueryName, parameters: unknown): void {
    try {
      const result = this.database.use((database) => HANDLERS[name](database, parameters as never));
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

  private sendMode(): void {
    const { mode, trouble } = this.database;
    this.send({ type: 'mode', mode, trouble });
  }
}

const HANDLERS: {
  [Name in QueryName]: (from: CallDatabase, parameters: WorkerQueries[Name][0]) => WorkerQueries[Name][1];
} = {
  measure: readMeasures,
  errors: readErrors,
  unpriced: readUnpriced,
  calls: ({ database, names }, query) => searchCalls(database, names, query),
  call: ({ database }, id) => readCall(database, id),
  stats: ({ database, clock }) => readStats(database, clock.wall()),
  rememberBatch: ({ batches, clock }, batch) => {
    batches.remember(batch, clock.wall());
    return null;
  },
  claimItems: ({ batches, clock }, { results, items }) => batches.claim(results, items, clock.wall()),
  completeBatch: ({ batches, clock }, results) => {
    batches.complete(results, clock.wall());
    return null;
  },
  claimSum: ({ batches, clock }, { batch, endedAt }) => batches.claimSum(batch, endedAt, clock.wall()),
  flush: () => null,
};
