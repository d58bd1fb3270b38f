import { StoreUnavailableError } from '../call-store.js';
import { monotonicMs } from './messages.js';

/** Queries that a database answers at once. */
const SLOTS = 4;

/**
 * Bounds the queries that run at once, and their time. A query that waited until nobody waits for it is not sent, so that
 * a slow database can catch up.
 */
export class QuerySlots {
  private running = 0;
  private readonly waiting: Array<() => void> = [];

  /**
   * @param expiresAt - time of `monotonicMs`
   * @throws StoreUnavailableError after that time, or the error of `query`
   */
  async run<T>(expiresAt: number, query: () => Promise<T>): Promise<T> {
    while (this.running >= SLOTS) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running++;
    let timer: NodeJS.Timeout | undefined;
    try {
      const left = expiresAt - monotonicMs();
      if (left <= 0) throw expired();
      const deadline = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(expired()), Math.min(left, 2 ** 31 - 1));
      });
      return await Promise.race([query(), deadline]);
    } finally {
      clearTimeout(timer);
      this.running--;
      this.waiting.shift()?.();
    }
  }
}

function expired(): StoreUnavailableError {
  return new StoreUnavailableError('The database did not respond in time.');
}
