import { EventEmitter } from 'node:events';
import type { WorkerMessage, WorkerRequest, WorkerSettings } from './worker/messages.js';
import type { StoreWorker } from './worker/store-worker.js';

/**
 * Replaces the worker thread if the worker's file cannot be found: runs the same code in the application's thread. Used
 * for calls in memory only, where a write takes microseconds and no file can block the event loop.
 */
export class LocalWorker extends EventEmitter {
  private readonly worker: Promise<StoreWorker>;

  constructor(settings: WorkerSettings) {
    super();
    // Loaded on demand: in an application that is not bundled, this code runs in the worker thread only.
    this.worker = import('./worker/store-worker.js').then(
      ({ StoreWorker }) =>
        new StoreWorker(settings, (message: WorkerMessage) => this.emit('message', message)),
    );
    this.worker.catch((error: unknown) => this.emit('error', error));
  }

  postMessage(request: WorkerRequest): void {
    const handled = this.worker.then((worker) => {
      worker.handle(request);
      if (request.type === 'close') this.emit('exit');
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
