import { EventEmitter } from 'node:events';
import type { Order, Report, ThreadSettings } from './worker/messages.js';
import type { StoreThread } from './worker/store-thread.js';

/**
 * Stands in for the store's worker if its file cannot be found: runs the same code in the application's thread. Used for
 * calls in memory only, where a write takes microseconds and no file can block the event loop.
 */
export class LocalWorker extends EventEmitter {
  private readonly thread: Promise<StoreThread>;

  constructor(settings: ThreadSettings) {
    super();
    // Loaded on demand: in an application that is not bundled, this code runs in the worker alone.
    this.thread = import('./worker/store-thread.js').then(
      ({ StoreThread }) => new StoreThread(settings, (report: Report) => this.emit('message', report)),
    );
    this.thread.catch((error: unknown) => this.emit('error', error));
  }

  postMessage(order: Order): void {
    const obeyed = this.thread.then((thread) => {
      thread.obey(order);
      if (order.type === 'close') this.emit('exit');
    });
    obeyed.catch((error: unknown) => this.emit('error', error));
  }

  ref(): void {}

  unref(): void {}

  async terminate(): Promise<void> {
    await this.thread.then(
      (thread) => thread.obey({ type: 'close' }),
      () => undefined,
    );
    this.emit('exit');
  }
}
