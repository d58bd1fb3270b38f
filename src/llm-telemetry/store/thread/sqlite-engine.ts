import type { QueryName, StoreQueries } from '../core/queries.js';
import type { StoreStats } from '../core/backend.js';
import { type Clock, SYSTEM_CLOCK } from '../sqlite/clock.js';
import { type DatabaseSettings, FallbackDatabase } from '../sqlite/fallback-database.js';
import { NeighborFiles } from '../sqlite/neighbor-files.js';
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
  private readonly neighbors: NeighborFiles | null;
  private hasWarned = false;

  constructor(
    private readonly settings: DatabaseSettings,
    private readonly listener: EngineListener,
    private readonly clock: Clock = SYSTEM_CLOCK,
  ) {
    const { path, instance } = settings;
    this.neighbors = path === null || !instance ? null : new NeighborFiles(path, instance);
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

  async query<Name extends QueryName>(
    name: Name,
    parameters: StoreQueries[Name][0],
  ): Promise<StoreQueries[Name][1]> {
    const result = await this.database.query(name, parameters);
    if (name !== 'stats' || this.neighbors === null) return result;
    return { ...(result as StoreStats), separateInstances: this.separateInstances() } as typeof result;
  }

  async flush(): Promise<void> {}

  close(): number {
    for (const timer of this.timers) clearInterval(timer);
    return this.database.close();
  }

  /** Returns the instances with other files in the folder, and logs them once. */
  private separateInstances(): readonly string[] {
    if (this.neighbors === null || this.database.mode !== 'file') return [];
    const names = this.neighbors.check(this.clock.wall(), this.clock.monotonic());
    if (names.length > 0 && !this.hasWarned) {
      this.hasWarned = true;
      this.listener.warningRaised(
        `Store: ${names.map((name) => JSON.stringify(name)).join(', ')} of the same service store their calls in other files ` +
          `beside ${this.settings.path}: the dashboard, alerts and budgets of each instance cover its own calls only. Let all ` +
          'instances use one store (docs/store.md).',
      );
    }
    return names;
  }

  private retain(): void {
    this.separateInstances();
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
