import type { QueryName, StoreQueries } from '../core/queries.js';
import type { Clock } from '../sqlite/clock.js';
import { type DatabaseSettings, FallbackDatabase } from '../sqlite/fallback-database.js';
import type { Engine, EngineListener, Handled } from './engine.js';

/** Interval of retention, which also detects a deleted or replaced file. */
export const RETENTION_INTERVAL_MS = 10_000;
/** How long retention waits before it deletes more. */
const RETENTION_PAUSE_MS = 100;
const FILE_RETRY_INTERVAL_MS = 30_000;

/** Stores calls in an SQLite file or in memory. */
export class SqliteEngine implements Engine {
  private readonly database: FallbackDatabase;
  private readonly timers: readonly NodeJS.Timeout[];

  constructor(
    settings: DatabaseSettings,
    private readonly listener: EngineListener,
    clock?: Clock,
  ) {
    this.database = new FallbackDatabase(
      settings,
      {
        troubleChanged: () => this.sendState(),
        fileReplaced: (message) => listener.warningRaised(message),
        callsLost: (calls) => listener.callsLost(calls),
      },
      clock,
    );
    this.database.open();
    this.sendState();
    this.timers = [
      setInterval(() => this.retain(), RETENTION_INTERVAL_MS).unref(),
      setInterval(() => this.database.tryFile(), FILE_RETRY_INTERVAL_MS).unref(),
    ];
  }

  write(texts: readonly string[]): Handled {
    const { written, dropped } = this.database.write(texts);
    return { written, buffered: 0, dropped, overflowed: 0 };
  }

  query<Name extends QueryName>(
    name: Name,
    parameters: StoreQueries[Name][0],
  ): Promise<StoreQueries[Name][1]> {
    return this.database.query(name, parameters);
  }

  async flush(): Promise<void> {}

  close(): number {
    for (const timer of this.timers) clearInterval(timer);
    return this.database.close();
  }

  private retain(): void {
    try {
      if (this.database.retain()) setTimeout(() => this.retain(), RETENTION_PAUSE_MS).unref();
    } catch {
      // Retention runs again later. Problems with the file are reported by the next write.
    }
  }

  private sendState(): void {
    const { mode, trouble } = this.database;
    this.listener.stateChanged(mode === 'file' ? 'stored' : 'memory', trouble);
  }
}
