import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoredMeasures } from '../core/backend.js';
import type { RollupLength } from '../core/rollup-ranges.js';
import { KIND, type Kind } from '../core/series.js';
import { Cell, type Tally } from '../core/tally.js';
import { HISTOGRAM_MEASURES, type HistogramMeasure } from '../measure-table.js';
import { addErrorSums, bytesOfSums, columnOf, ERROR_PLACES, type ErrorSums } from '../sums.js';
import type { Names } from './names.js';

/** Adds to stored rollups. */
export class RollupWriter {
  private readonly readRollup: StatementSync;
  private readonly readOfSeries: StatementSync;
  private readonly writeRollup: StatementSync;
  private readonly readError: StatementSync;
  private readonly readErrorsOfSeries: StatementSync;
  private readonly writeError: StatementSync;
  private readonly deleteRollup: StatementSync;
  private readonly deleteErrors: StatementSync;

  constructor(database: DatabaseSync) {
    this.readRollup = database.prepare(
      `SELECT sums, ${HISTOGRAM_MEASURES.join(', ')} FROM rollup
       WHERE kind = ? AND level = ? AND start = ? AND series = ? AND origin = ?`,
    );
    this.readOfSeries = database.prepare(
      'SELECT * FROM rollup WHERE kind = ? AND level = ? AND start = ? AND series = ?',
    );
    this.writeRollup = database.prepare(
      `INSERT OR REPLACE INTO rollup (kind, level, start, series, origin, sums, ${HISTOGRAM_MEASURES.join(', ')})
       VALUES (?, ?, ?, ?, ?, ?, ${HISTOGRAM_MEASURES.map(() => '?').join(', ')})`,
    );
    const sums = ERROR_PLACES.map((sum) => `${columnOf(sum)} AS ${sum}`).join(', ');
    const ofSeries = 'level = ? AND start = ? AND series = ?';
    this.readError = database.prepare(
      `SELECT ${sums} FROM error WHERE ${ofSeries} AND origin = ? AND type = ?`,
    );
    this.readErrorsOfSeries = database.prepare(`SELECT origin, type, ${sums} FROM error WHERE ${ofSeries}`);
    this.writeError = database.prepare(
      `INSERT OR REPLACE INTO error (level, start, series, origin, type, ${ERROR_PLACES.map(columnOf).join(', ')})
       VALUES (?, ?, ?, ?, ?, ${ERROR_PLACES.map(() => '?').join(', ')})`,
    );
    this.deleteRollup = database.prepare(
      'DELETE FROM rollup WHERE kind = ? AND level = ? AND start = ? AND series = ?',
    );
    this.deleteErrors = database.prepare(`DELETE FROM error WHERE ${ofSeries}`);
  }

  /**
   * Adds a tally to the rollups of all lengths. Call it inside a transaction: stored rollups are read again each time,
   * because other processes add to them.
   */
  addAll(tally: Tally, origin: number, names: Names): void {
    for (const { kind, length, cells } of tally.allLengths()) {
      for (const { start, series, cell } of cells.all())
        this.add({ kind, length, start, series, origin }, cell, names);
    }
  }

  /** Adds a rollup of one series to that of another. Returns false if it does not exist. */
  move(
    kind: Kind,
    length: RollupLength,
    start: number,
    series: { from: number; to: number },
    names: Names,
  ): boolean {
    const { from, to } = series;
    const found = this.readOfSeries.all(kind, length, start, from) as unknown as Array<
      StoredRollup & { readonly origin: number }
    >;
    if (found.length === 0) return false;
    for (const row of found) {
      const cell = new Cell();
      cell.addStored(storedMeasures(row));
      this.add({ kind, length, start, series: to, origin: row.origin }, cell, names);
    }
    this.deleteRollup.run(kind, length, start, from);
    if (kind === KIND.model) {
      for (const row of this.readErrorsOfSeries.all(length, start, from) as unknown as ErrorRow[]) {
        const { origin, type, ...sums } = row;
        this.addError({ kind, length, start, series: to, origin }, type, sums);
      }
      this.deleteErrors.run(length, start, from);
    }
    return true;
  }

  private add(key: RollupKey, cell: Cell, names: Names): void {
    const { kind, length, start, series, origin } = key;
    const before = this.readRollup.get(kind, length, start, series, origin) as StoredRollup | undefined;
    if (before) cell.addStored(storedMeasures(before));
    const { sums, errors } = cell;
    const histograms = cell.histograms.map((histogram) => histogram.toBytes());
    this.writeRollup.run(kind, length, start, series, origin, bytesOfSums(sums), ...histograms);
    for (const [type, sums] of errors) this.addError(key, names.idOf(type), sums);
  }

  private addError({ length, start, series, origin }: RollupKey, type: number, added: ErrorSums): void {
    const sums = { ...added };
    const before = this.readError.get(length, start, series, origin, type) as ErrorSums | undefined;
    if (before) addErrorSums(sums, before);
    this.writeError.run(length, start, series, origin, type, ...ERROR_PLACES.map((sum) => sums[sum]));
  }
}

interface RollupKey {
  readonly kind: Kind;
  readonly length: RollupLength;
  readonly start: number;
  readonly series: number;
  readonly origin: number;
}

interface ErrorRow extends ErrorSums {
  readonly origin: number;
  readonly type: number;
}

type StoredRollup = Readonly<Record<'sums' | HistogramMeasure, Uint8Array>>;

function storedMeasures(row: StoredRollup): StoredMeasures {
  return { sums: row.sums, histograms: HISTOGRAM_MEASURES.map((name) => row[name]) };
}
