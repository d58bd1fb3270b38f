import { DAY } from '../../units/time.js';
import type { DeliveredRollup } from '../core/shared-backend.js';
import { floorTo, type RollupLength } from '../core/rollup-ranges.js';
import { KIND, type Kind, type SeriesNames } from '../core/series.js';
import { Cell, Tally } from '../core/tally.js';
import { LogHistogram } from '../log-histogram.js';
import { HISTOGRAM_MEASURES, type HistogramMeasure } from '../measure-table.js';
import { SERIES_DIMENSIONS } from '../measures.js';
import { decodeRecord } from '../record-codec/record-text.js';
import type { CallDatabase } from '../sqlite/call-database.js';
import { firstIdAt, timeOfId } from '../sqlite/call-id.js';
import {
  columnOf,
  ERROR_PLACES,
  subtractErrorSums,
  subtractSums,
  type ErrorsByType,
  type ErrorSums,
} from '../sums.js';

/** Calls that are tallied at once. */
const CALLS_AT_ONCE = 500;

/**
 * The rollups of an SQLite file without the calls that the file still keeps: those are delivered as calls, which adds them to
 * rollups again. Rollups that contain the oldest kept call are kept in part.
 */
export class OldRollups {
  /** End of the oldest kept call, Unix milliseconds. */
  private readonly oldest: number;
  private readonly kept: ReadonlyMap<string, Cell>;

  constructor(private readonly source: CallDatabase) {
    const { id } = source.database.prepare('SELECT min(id) AS id FROM call').get() as { id: number | null };
    this.oldest = id === null ? Infinity : timeOfId(id);
    this.kept = id === null ? new Map() : this.tallyKept();
  }

  /** Iterates over the programs and their rollups, in a fixed order. */
  *byOrigin(): Generator<readonly [origin: number, rollups: Iterable<DeliveredRollup>]> {
    const origins = this.source.database
      .prepare('SELECT DISTINCT origin FROM rollup WHERE start < ? ORDER BY origin')
      .all(this.bound) as Array<{ origin: number }>;
    for (const { origin } of origins) yield [origin, this.ofOrigin(origin)];
  }

  private get bound(): number {
    return Number.isFinite(this.oldest) ? this.oldest : Number.MAX_SAFE_INTEGER;
  }

  private *ofOrigin(origin: number): Generator<DeliveredRollup> {
    const { database } = this.source;
    const rows = database
      .prepare(
        `SELECT rollup.*, feature, operation, provider, model FROM rollup JOIN series ON series.id = rollup.series
         WHERE origin = ? AND start < ? ORDER BY level DESC, rollup.kind, start, series`,
      )
      .iterate(origin, this.bound) as Iterable<unknown> as Iterable<RollupRow>;
    const readErrors = database.prepare(
      'SELECT * FROM error WHERE level = ? AND start = ? AND series = ? AND origin = ?',
    );
    for (const row of rows) {
      const { kind, level: length, start, series } = row;
      const errorRows = kind === KIND.model ? readErrors.all(length, start, series, origin) : [];
      const errors: ErrorsByType = new Map(
        (errorRows as unknown as ErrorRow[]).map((error) => [
          this.text(error.type) ?? '',
          errorSumsOf(error),
        ]),
      );
      const whole = new Cell();
      whole.addStored({ sums: row.sums, histograms: HISTOGRAM_MEASURES.map((name) => row[name]) });
      const kept = this.kept.get(keyOf(kind, length, start, series, origin));
      const { sums, histograms } = kept ? difference(whole, kept) : encoded(whole);
      if (kept) subtractErrors(errors, kept.errors);
      if (sums.every((sum) => sum === 0)) continue;
      yield { kind, length, start, names: this.namesOf(row), sums, histograms, errors };
    }
  }

  /** Tallies the kept calls that are in the same rollups as calls that are not kept. */
  private tallyKept(): Map<string, Cell> {
    const { database, names, origins } = this.source;
    const end = floorTo(this.oldest, DAY) + DAY;
    const statement = database.prepare(
      'SELECT record.id, text, instance FROM record JOIN call ON call.id = record.id WHERE record.id < ? ORDER BY record.id',
    );
    const kept = new Map<string, Cell>();
    let tallies = new Map<number, Tally>();
    const take = (): void => {
      for (const [origin, tally] of tallies)
        for (const { kind, length, cells } of tally.allLengths())
          for (const { start, series, cell } of cells.all()) {
            if (start >= this.oldest) continue;
            const key = keyOf(kind, length, start, series, origin);
            const known = kept.get(key);
            if (known) known.add(cell);
            else kept.set(key, cell);
          }
      tallies = new Map();
    };
    // Looking up series can add some, which are not wanted.
    database.exec('BEGIN IMMEDIATE');
    try {
      let count = 0;
      for (const { text, instance } of statement.all(firstIdAt(end)) as unknown as CallRow[]) {
        const origin = origins.idOfOrigin(instance);
        let tally = tallies.get(origin);
        if (!tally) tallies.set(origin, (tally = new Tally(names)));
        const record = decodeRecord(text);
        const { feature, operation, provider, model } = record;
        tally.add(record, names.seriesOf(feature, operation, provider, model).rollup);
        if (++count % CALLS_AT_ONCE === 0) take();
      }
      take();
    } finally {
      database.exec('ROLLBACK');
      names.onRollback();
    }
    return kept;
  }

  private namesOf(row: RollupRow): SeriesNames {
    if (row.kind === KIND.route) return { route: this.text(row.feature) };
    if (row.kind === KIND.tenant) return { tenant: this.text(row.feature) };
    return Object.fromEntries(SERIES_DIMENSIONS.map((dimension) => [dimension, this.text(row[dimension])]));
  }

  private text(id: number): string | null {
    return this.source.names.textOf(id);
  }
}

type RollupRow = Readonly<
  { kind: Kind; level: RollupLength; start: number; series: number; sums: Uint8Array } & Record<
    HistogramMeasure,
    Uint8Array
  > &
    Record<(typeof SERIES_DIMENSIONS)[number], number>
>;
type ErrorRow = Readonly<Record<string, number>> & { readonly type: number };
type CallRow = Readonly<{ text: string; instance: number }>;
type Measures = Pick<DeliveredRollup, 'histograms'> & { readonly sums: Float64Array };

function keyOf(...key: readonly number[]): string {
  return key.join(' ');
}

function errorSumsOf(row: ErrorRow): ErrorSums {
  return Object.fromEntries(ERROR_PLACES.map((sum) => [sum, row[columnOf(sum)] ?? 0])) as ErrorSums;
}

function encoded({ sums, histograms }: Cell): Measures {
  return { sums, histograms: histograms.map((histogram) => histogram.toBytes()) };
}

function difference(whole: Cell, kept: Cell): Measures {
  const sums = whole.sums.slice();
  subtractSums(sums, kept.sums);
  return {
    sums,
    histograms: whole.histograms.map((histogram, index) => {
      const counts = new Map(kept.histograms[index]!.buckets());
      const rest = [...histogram.buckets()].map(
        ([bucket, count]) => [bucket, Math.max(0, count - (counts.get(bucket) ?? 0))] as const,
      );
      return LogHistogram.encode(rest.filter(([, count]) => count > 0));
    }),
  };
}

function subtractErrors(errors: ErrorsByType, kept: ErrorsByType): void {
  for (const [type, sums] of kept) {
    const rest = errors.get(type);
    if (!rest) continue;
    subtractErrorSums(rest, sums);
    if (ERROR_PLACES.every((name) => rest[name] === 0)) errors.delete(type);
  }
}
