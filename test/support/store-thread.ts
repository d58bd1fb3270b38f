import type { CallRecord, StoreStatus } from 'nestjs-llm-telemetry';
import type { MeasureQuery, MeasureResult } from '../../src/llm-telemetry/store/measures.js';
import type {
  WorkerQueryName,
  WorkerMessage,
  WorkerQueries,
} from '../../src/llm-telemetry/store/thread/messages.js';
import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { storeSettings } from '../../src/llm-telemetry/store/sqlite/store-settings.js';
import type { StoreOptions } from '../../src/llm-telemetry/store/store.options.js';
import { StoreWorker } from '../../src/llm-telemetry/store/thread/store-worker.js';

/**
 * Runs the store worker in the thread of the test, with the default limits. Requires fake timers of Jest: they set its
 * clock, and control when retention runs and when opening a file is retried.
 */
export class ThreadOfStore {
  private readonly messages: WorkerMessage[] = [];
  private readonly worker: StoreWorker;
  private queries = 0;
  private readonly waiting = new Map<number, (message: WorkerMessage) => void>();

  constructor(
    private readonly path: string,
    retention?: StoreOptions['retention'],
  ) {
    const sharedCounters = new Int32Array(new SharedArrayBuffer(8));
    this.worker = new StoreWorker({ ...storeSettings({ path, retention }), sharedCounters }, (message) => {
      this.messages.push(message);
      if (message.type === 'result' || message.type === 'error') this.waiting.get(message.id)?.(message);
    });
  }

  get state(): StoreStatus['state'] {
    return this.event.state;
  }

  get trouble(): StoreStatus['trouble'] {
    return this.event.trouble;
  }

  private get event(): Extract<WorkerMessage, { type: 'state' }> {
    return this.messages.findLast((message) => message.type === 'state')!;
  }

  /** @throws Error if a call was dropped */
  write(...records: CallRecord[]): void {
    const dropped = this.tryToWrite(...records);
    if (dropped > 0) throw new Error(`${dropped} calls were dropped.`);
  }

  /** Returns the number of dropped calls. */
  tryToWrite(...records: CallRecord[]): number {
    this.worker.handle({ type: 'write', lines: records.map(encodeRecord).join('\n') });
    this.post('flush', null);
    return this.messages.findLast((message) => message.type === 'batch_handled')!.dropped;
  }

  /** @throws Error if the query fails */
  async query<Name extends WorkerQueryName>(
    name: Name,
    parameters: WorkerQueries[Name][0],
  ): Promise<WorkerQueries[Name][1]> {
    const message = await new Promise<WorkerMessage>((resolve) => {
      this.waiting.set(this.queries, resolve);
      this.post(name, parameters);
    });
    if (message.type !== 'result') throw new Error(`The store sent ${JSON.stringify(message)}.`);
    return message.result as WorkerQueries[Name][1];
  }

  async measure(query: MeasureQuery): Promise<MeasureResult> {
    return this.query('measure', query);
  }

  async status(): Promise<StoreStatus> {
    const { state, trouble } = this;
    const dropped = { queue_full: 0, worker_failed: 0, write_failed: 0, closed: 0 };
    return {
      kind: 'sqlite',
      where: this.path,
      state,
      trouble,
      written: 0,
      waiting: 0,
      waitingSince: null,
      dropped,
      ...(await this.query('stats', null)),
    };
  }

  private post(name: WorkerQueryName, parameters: unknown): void {
    this.worker.handle({ type: 'query', id: this.queries++, name, parameters, expiresAt: Infinity });
  }

  close(): void {
    this.worker.handle({ type: 'close' });
  }
}
