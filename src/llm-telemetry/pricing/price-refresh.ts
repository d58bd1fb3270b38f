import type { PriceTable } from './price-table.js';
import { loadPublishedTable } from './published-table.js';

/** Called with a message for the log: after the first failure, and after a success that follows one. Must not throw. */
export type RefreshListener = (message: string, isValid: boolean) => void;

/**
 * Replaces the price table by its published update, at the start and at intervals. Runs beside the calls: they are
 * priced by the table that is there. If an update cannot be loaded or is invalid, the last table remains in use.
 */
export class PriceRefresh {
  private readonly timer: NodeJS.Timeout;
  private readonly stopped = new AbortController();
  private loading: Promise<void> | null = null;
  private failed = false;

  constructor(
    private readonly table: PriceTable,
    everyMs: number,
    private readonly listener: RefreshListener,
    private readonly load: typeof loadPublishedTable = loadPublishedTable,
  ) {
    this.timer = setInterval(() => void this.refresh(), everyMs).unref();
    setImmediate(() => void this.refresh()).unref();
  }

  /** Loads the table once; concurrent calls share the request. Never rejects. */
  refresh(): Promise<void> {
    return (this.loading ??= this.replace().finally(() => {
      this.loading = null;
    }));
  }

  /** Stops loading. */
  close(): void {
    clearInterval(this.timer);
    this.stopped.abort();
  }

  private async replace(): Promise<void> {
    const { signal } = this.stopped;
    if (signal.aborted) return;
    try {
      const rows = await this.load(signal);
      if (signal.aborted) return;
      this.table.replace(rows, Date.now());
      if (this.failed) this.listener('The price table was loaded again.', true);
      this.failed = false;
    } catch (error) {
      if (signal.aborted || this.failed) return;
      this.failed = true;
      this.listener(
        `The price table could not be loaded, the last one remains in use: ${(error as Error).message}`,
        false,
      );
    }
  }
}
