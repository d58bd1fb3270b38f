import type { BatchMemory } from '../../calls/batches/batch-memory.js';
import type { CallOrigin } from '../call-origin.js';
import type { CallPage, CallQuery, RecordPage, StoredCall } from '../calls.js';
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
import { UNITS_PER_USD } from '../../units/usd.js';
import { tooManyCalls } from '../core/call-parts.js';
import type { Horizons } from '../core/rollup-ranges.js';
import { KIND, type Kind, type SeriesNames } from '../core/series.js';
import { HISTOGRAM_MEASURES } from '../measure-table.js';
import { SERIES_DIMENSIONS, type SeriesFilter } from '../measures.js';
import { CARRIED_ERROR_SUMS, columnOf, ERROR_SUMS, type ErrorSum, type ErrorSums } from '../sums.js';
import type { BatchTable } from './batch-table.js';
import { firstIdAt } from './call-id.js';
import { readCall, searchCalls, searchRecords } from './call-search.js';
import type { ConfirmedClock } from './clock.js';
import { callCondition, seriesCondition, type ConditionSource } from './conditions.js';
import { keptSince, readStats } from './read-stats.js';
import { readHorizons } from './retention.js';
import { zonesIn } from './zone.js';

/** More than there are origins in a database. */
const ORIGINS = 2 ** 20;

/** Sums of error rows. Units of money are added as integers of 64 bits, which are exact. */
const SUMMED_ERRORS = [
  ...ERROR_SUMS.map((sum) => {
    const isMoney = CARRIED_ERROR_SUMS.some(({ name }) => name === sum);
    return isMoney ? `${unitsOf(sum)} % ${UNITS_PER_USD} AS ${sum}` : `sum(error.${columnOf(sum)}) AS ${sum}`;
  }),
  ...CARRIED_ERROR_SUMS.map(
    ({ name, dollars }) =>
      `sum(error.${columnOf(dollars)}) + ${unitsOf(name)} / ${UNITS_PER_USD} AS ${dollars}`,
  ),
];

function unitsOf(sum: ErrorSum): string {
  return `sum(CAST(error.${columnOf(sum)} AS INTEGER))`;
}

/** What is read from. */
export interface SqliteSource extends ConditionSource {
  readonly clock: ConfirmedClock;
  readonly batches: BatchTable;
}

/**
 * Reads an SQLite database. All methods do their work before they return, so a query sees no write in between.
 */
export class SqliteBackend implements Backend {
  readonly batches: BatchMemory;

  constructor(private readonly source: SqliteSource) {
    const { batches, clock } = source;
    const now = (): number => clock.wall();
    this.batches = {
      remember: async (batch) => batches.remember(batch, now()),
      claim: async (results, items) => batches.claim(results, items, now()),
      complete: async (results) => batches.complete(results, now()),
      claimSum: async (batch, endedAt) => batches.claimSum(batch, endedAt, now()),
    };
  }

  async horizons(): Promise<Horizons> {
    return readHorizons(this.source.database);
  }

  async keptSince(): Promise<KeptSince> {
    return keptSince(this.source.database);
  }

  /**
   * An SQL function receives the rows: the row objects of `iterate` take twice the time, which matters for tens of thousands
   * of rollups.
   */
  async scanRollups(
    { kind, ranges, where, quantiles }: RollupScan,
    take: (rollup: StoredRollup) => void,
  ): Promise<void> {
    const { database, origins } = this.source;
    const series = this.matchingSeries(kind, where);
    const wantedOrigins = origins.matchingOrigins(where ?? {});
    const namesOfOrigins = origins.all();
    const known = new Map<number, SeriesNames>();
    const namesOf = (id: number, origin: number): SeriesNames | null => {
      const ofSeries = series.get(id);
      if (!ofSeries || (wantedOrigins && !wantedOrigins.has(origin))) return null;
      const key = id * ORIGINS + origin;
      let names = known.get(key);
      if (!names) known.set(key, (names = { ...ofSeries, ...namesOfOrigins.get(origin) }));
      return names;
    };
    database.function('take', { varargs: true }, (...columns) => {
      const [start, id, origin, sums, ...histograms] = columns as unknown as RollupColumns;
      const names = namesOf(id, origin);
      if (names) take({ names, start, sums, histograms });
      return null;
    });
    const wanted = ['start', 'series', 'origin', 'sums', ...(quantiles ? HISTOGRAM_MEASURES : [])].join(', ');
    const rollups = database.prepare(
      `SELECT count(take(${wanted})) FROM rollup
       WHERE kind = ? AND level = ? AND start >= ? AND start < ?`,
    );
    for (const { length, from, to } of ranges) rollups.get(kind, length, from, to);
  }

  async scanErrors({ ranges, where }: SeriesScan, take: (error: StoredErrors) => void): Promise<void> {
    const { database, names, origins } = this.source;
    const condition = seriesCondition(names, KIND.model, where);
    const wantedOrigins = origins.matchingOrigins(where ?? {});
    const ofOrigins = wantedOrigins ? `AND error.origin IN (${[...wantedOrigins].join(', ')})` : '';
    const statement = database.prepare(
      `SELECT error.start, error.type, ${SUMMED_ERRORS.join(', ')}
       FROM error JOIN series ON series.id = error.series
       WHERE level = ? AND start >= ? AND start < ? AND ${condition.sql} ${ofOrigins} GROUP BY error.start, error.type`,
    );
    for (const { length, from, to } of ranges) {
      for (const row of statement.iterate(length, from, to, ...condition.values) as Iterable<unknown>) {
        const { type, start, ...sums } = row as ErrorRow;
        take({ type: names.textOf(type)!, start, sums });
      }
    }
  }

  async scanRecords(
    { range, where, limits }: RecordScan,
    take: (text: string, origin: CallOrigin) => void,
  ): Promise<void> {
    const { database } = this.source;
    const condition = callCondition(this.source, where);
    const [from, to] = [firstIdAt(range.from), firstIdAt(range.to)];
    const statement = database.prepare(
      `SELECT record.text, call.instance FROM call JOIN record ON record.id = call.id
       WHERE call.id >= ? AND call.id < ? AND ${condition.sql}`,
    );
    let scanned = 0;
    for (const zone of zonesIn(database, { from, to })) {
      if (!condition.mayMatch(zone)) continue;
      scanned += zone.calls;
      if (scanned > limits.scanned) throw tooManyCalls(limits.scanned, 'are in the range');
      const rows = statement.iterate(Math.max(zone.first, from), Math.min(zone.end, to));
      for (const { text, instance } of rows as Iterable<unknown> as Iterable<{
        text: string;
        instance: number;
      }>)
        take(text, this.source.origins.originOf(instance));
    }
  }

  async searchCalls(query: CallQuery): Promise<CallPage> {
    return searchCalls(this.source, query);
  }

  async searchRecords(query: CallQuery): Promise<RecordPage> {
    return searchRecords(this.source, query);
  }

  async readCall(id: string): Promise<StoredCall | null> {
    return readCall(this.source, id);
  }

  async stats(): Promise<StoreStats> {
    const { database, clock, origins } = this.source;
    return { ...readStats(database, clock.wall()), instances: origins.instances() };
  }

  /** Returns the names of the matching series by id. */
  private matchingSeries(kind: Kind, where: SeriesFilter | undefined): ReadonlyMap<number, SeriesNames> {
    const condition = seriesCondition(this.source.names, kind, where);
    const rows = this.source.database
      .prepare(`SELECT * FROM series WHERE ${condition.sql}`)
      .all(...condition.values) as Array<Record<string, number>>;
    return new Map(rows.map((row) => [row['id']!, this.namesOf(kind, row)]));
  }

  /** A route or a tenant is in the column of the feature. */
  private namesOf(kind: Kind, row: Readonly<Record<string, number>>): SeriesNames {
    const text = (column: string): string | null => this.source.names.textOf(row[column]!);
    if (kind === KIND.route) return { route: text('feature') };
    if (kind === KIND.tenant) return { tenant: text('feature') };
    return Object.fromEntries(SERIES_DIMENSIONS.map((dimension) => [dimension, text(dimension)]));
  }
}

type RollupColumns = [
  start: number,
  series: number,
  origin: number,
  sums: Uint8Array,
  ...histograms: Uint8Array[],
];

interface ErrorRow extends ErrorSums {
  readonly type: number;
  readonly start: number;
}
