import type { DatabaseSync } from 'node:sqlite';
import type { BatchMemory } from '../../calls/batches/batch-memory.js';
import type { CallPage, CallQuery, StoredCall } from '../calls.js';
import type {
  Backend,
  KeptSince,
  RecordScan,
  RollupScan,
  SeriesScan,
  StoredErrors,
  StoredRollup,
  StoreStats,
} from '../core/backend.js';
import { tooManyCalls } from '../core/call-parts.js';
import type { Horizons } from '../core/rollup-ranges.js';
import { KIND, type Kind, type SeriesNames } from '../core/series.js';
import { HISTOGRAM_MEASURES } from '../measure-table.js';
import { SERIES_DIMENSIONS, type SeriesFilter } from '../measures.js';
import { columnOf, ERROR_SUMS, type ErrorSums } from '../sums.js';
import type { BatchTable } from './batch-table.js';
import { firstIdAt } from './call-id.js';
import { readCall, searchCalls } from './call-search.js';
import type { ConfirmedClock } from './clock.js';
import { callCondition, seriesCondition } from './conditions.js';
import type { Names } from './names.js';
import { keptSince, readStats } from './read-stats.js';
import { readHorizons } from './retention.js';
import { zonesIn } from './zone.js';

/**
 * Reads an SQLite database. All methods do their work before they return, so a query sees no write in between.
 */
export class SqliteBackend implements Backend {
  readonly batches: BatchMemory;

  constructor(
    private readonly database: DatabaseSync,
    private readonly names: Names,
    private readonly clock: ConfirmedClock,
    batches: BatchTable,
  ) {
    const now = (): number => clock.wall();
    this.batches = {
      remember: async (batch) => batches.remember(batch, now()),
      claim: async (results, items) => batches.claim(results, items, now()),
      complete: async (results) => batches.complete(results, now()),
      claimSum: async (batch, endedAt) => batches.claimSum(batch, endedAt, now()),
    };
  }

  async horizons(): Promise<Horizons> {
    return readHorizons(this.database);
  }

  async keptSince(): Promise<KeptSince> {
    return keptSince(this.database);
  }

  /**
   * An SQL function receives the rows: the row objects of `iterate` take twice the time, which matters for tens of thousands
   * of rollups.
   */
  async scanRollups(
    { kind, ranges, where, quantiles }: RollupScan,
    take: (rollup: StoredRollup) => void,
  ): Promise<void> {
    const { database } = this;
    const series = this.matchingSeries(kind, where);
    database.function('take', { varargs: true }, (...columns) => {
      const [start, id, sums, ...histograms] = columns as unknown as RollupColumns;
      const names = series.get(id);
      if (names) take({ names, start, sums, histograms });
      return null;
    });
    const wanted = ['start', 'series', 'sums', ...(quantiles ? HISTOGRAM_MEASURES : [])].join(', ');
    const rollups = database.prepare(
      `SELECT count(take(${wanted})) FROM rollup
       WHERE kind = ? AND level = ? AND start >= ? AND start < ?`,
    );
    for (const { length, from, to } of ranges) rollups.get(kind, length, from, to);
  }

  async scanErrors({ ranges, where }: SeriesScan, take: (error: StoredErrors) => void): Promise<void> {
    const { database, names } = this;
    const condition = seriesCondition(names, KIND.model, where);
    const statement = database.prepare(
      `SELECT error.start, error.type, ${ERROR_SUMS.map((sum) => `sum(error.${columnOf(sum)}) AS ${sum}`).join(', ')}
       FROM error JOIN series ON series.id = error.series
       WHERE level = ? AND start >= ? AND start < ? AND ${condition.sql} GROUP BY error.start, error.type`,
    );
    for (const { length, from, to } of ranges) {
      for (const row of statement.iterate(length, from, to, ...condition.values) as Iterable<unknown>) {
        const { type, start, ...sums } = row as ErrorRow;
        take({ type: names.textOf(type)!, start, sums });
      }
    }
  }

  async scanRecords({ range, where, limits }: RecordScan, take: (text: string) => void): Promise<void> {
    const { database } = this;
    const condition = callCondition(database, this.names, where);
    const [from, to] = [firstIdAt(range.from), firstIdAt(range.to)];
    const statement = database.prepare(
      `SELECT record.text FROM call JOIN record ON record.id = call.id
       WHERE call.id >= ? AND call.id < ? AND ${condition.sql}`,
    );
    let scanned = 0;
    for (const zone of zonesIn(database, { from, to })) {
      if (!condition.mayMatch(zone)) continue;
      scanned += zone.calls;
      if (scanned > limits.scanned) throw tooManyCalls(limits.scanned, 'are in the range');
      const rows = statement.iterate(Math.max(zone.first, from), Math.min(zone.end, to));
      for (const { text } of rows as Iterable<unknown> as Iterable<{ text: string }>) take(text);
    }
  }

  async searchCalls(query: CallQuery): Promise<CallPage> {
    return searchCalls(this.database, this.names, query);
  }

  async readCall(id: number): Promise<StoredCall | null> {
    return readCall(this.database, id);
  }

  async stats(): Promise<StoreStats> {
    return readStats(this.database, this.clock.wall());
  }

  /** Returns the names of the matching series by id. */
  private matchingSeries(kind: Kind, where: SeriesFilter | undefined): ReadonlyMap<number, SeriesNames> {
    const condition = seriesCondition(this.names, kind, where);
    const rows = this.database
      .prepare(`SELECT * FROM series WHERE ${condition.sql}`)
      .all(...condition.values) as Array<Record<string, number>>;
    return new Map(rows.map((row) => [row['id']!, this.namesOf(kind, row)]));
  }

  /** A route or a tenant is in the column of the feature. */
  private namesOf(kind: Kind, row: Readonly<Record<string, number>>): SeriesNames {
    const text = (column: string): string | null => this.names.textOf(row[column]!);
    if (kind === KIND.route) return { route: text('feature') };
    if (kind === KIND.tenant) return { tenant: text('feature') };
    return Object.fromEntries(SERIES_DIMENSIONS.map((dimension) => [dimension, text(dimension)]));
  }
}

type RollupColumns = [start: number, series: number, sums: Uint8Array, ...histograms: Uint8Array[]];

interface ErrorRow extends ErrorSums {
  readonly type: number;
  readonly start: number;
}
