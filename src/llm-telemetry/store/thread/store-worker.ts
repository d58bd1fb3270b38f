import { StoreQueryError } from '../call-store.js';
import type { Clock } from '../sqlite/clock.js';
import type { Engine, EngineListener } from './engine.js';
import {
  HANDLED_CALLS,
  LOST_ON_CLOSE,
  monotonicMs,
  type WorkerMessage,
  type WorkerQueryName,
  type WorkerRequest,
  type WorkerSettings,
} from './messages.js';
import { Secrets } from './secrets.js';
import { SharedEngine } from './shared-engine.js';
import { loadBackend } from './shared-settings.js';
import { SqliteEngine } from './sqlite-engine.js';

/** Calls in one transaction. */
const BATCH_SIZE = 4000;
/** How long a call waits for more calls: a transaction costs the same for one and for hundreds. */
const MAX_BATCH_DELAY_MS = 100;

/** Handles requests in order of arrival: writes batches of calls and runs queries. */
export class StoreWorker {
  private readonly engine: Engine;
  private readonly secrets: Secrets;
  /** Resolves when a request to close was handled. */
  readonly closed: Promise<void>;
  private onClosed!: () => void;
  private waiting: string[] = [];
  private waitingCharacters = 0;
  private writeTimer: NodeJS.Timeout | null = null;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly send: (message: WorkerMessage) => void,
    clock?: Clock,
  ) {
    this.closed = new Promise((resolve) => (this.onClosed = resolve));
    const listener: EngineListener = {
      stateChanged: (state, trouble) => send({ type: 'state', state, trouble }),
      warningRaised: (message) => send({ type: 'warning', message }),
      callsLost: (calls) => send({ type: 'calls_lost', calls }),
      outboxChanged: (status) => send({ type: 'outbox', ...status }),
    };
    this.secrets = new Secrets((id) => send({ type: 'secret_requested', id }));
    this.engine =
      'kind' in settings
        ? new SharedEngine(settings, listener, () => loadBackend(settings, () => this.secrets.ask()))
        : new SqliteEngine(settings, listener, clock);
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
        void this.respond(request.id, request.name, request.parameters, request.expiresAt);
        return;
      case 'secret':
        this.secrets.answer(request.id, request.secret);
        return;
      case 'close':
        void this.close();
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
    const handled = this.engine.write(waiting);
    Atomics.add(this.settings.sharedCounters, HANDLED_CALLS, waiting.length);
    Atomics.notify(this.settings.sharedCounters, HANDLED_CALLS);
    this.send({ type: 'batch_handled', ...handled, characters: waitingCharacters });
  }

  private async respond(
    id: number,
    name: WorkerQueryName,
    parameters: unknown,
    expiresAt: number,
  ): Promise<void> {
    try {
      const result =
        name === 'flush'
          ? ((await this.engine.flush()) ?? null)
          : await this.engine.query(name, parameters as never, expiresAt);
      this.send({ type: 'result', id, result });
    } catch (error) {
      const message = error instanceof Error ? error.message : 'Unknown error.';
      this.send({ type: 'error', id, message, isQueryError: error instanceof StoreQueryError });
    }
  }

  private async close(): Promise<void> {
    this.secrets.close();
    this.write();
    // SQLite closes before this returns.
    const closed = this.engine.close();
    const lost = typeof closed === 'number' ? closed : await closed;
    // The application may read it after this thread has exited, when no message would arrive.
    Atomics.store(this.settings.sharedCounters, LOST_ON_CLOSE, lost + 1);
    Atomics.notify(this.settings.sharedCounters, LOST_ON_CLOSE);
    this.onClosed();
  }
}
