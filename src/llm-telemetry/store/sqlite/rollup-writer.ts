import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoredMeasures } from '../core/backend.js';
import type { RollupLength } from '../core/rollup-ranges.js';
import { KIND, type Kind } from '../core/series.js';
import { Cell, type Tally } from '../core/tally.js';
import { HISTOGRAM_MEASURES, type HistogramMeasure } from '../measure-table.js';
import { bytesOfSums, columnOf, ERROR_SUMS } from '../sums.js';
import type { Names } from './names.js';

/** Adds to stored rollups. */
export class RollupWriter {
  private readonly readRollup: StatementSync;
  private readonly readOfSeries: StatementSync;
  private readonly writeRollup: StatementSync;
  private readonly addError: StatementSync;
  private readonly deleteRollup: StatementSync;
  private readonly moveErrors: StatementSync;
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
    const names = ERROR_SUMS.map(columnOf);
    const columns = names.join(', ');
    const addSums = names.map((name) => `${name} = ${name} + excluded.${name}`).join(', ');
    this.addError = database.prepare(
      `INSERT INTO error (level, start, series, origin, type, ${columns})
       VALUES (?, ?, ?, ?, ?, ${names.map(() => '?').join(', ')})
       ON CONFLICT DO UPDATE SET ${addSums}`,
    );
    this.deleteRollup = database.prepare(
      'DELETE FROM rollup WHERE kind = ? AND level = ? AND start = ? AND series = ?',
    );
    this.moveErrors = database.prepare(
      `INSERT INTO error (level, start, series, origin, type, ${columns})
       SELECT level, start, ?, origin, type, ${columns} FROM error WHERE level = ? AND start = ? AND series = ?
       ON CONFLICT DO UPDATE SET ${addSums}`,
    );
    this.deleteErrors = database.prepare('DELETE FROM error WHERE level = ? AND start = ? AND series = ?');
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
      this.moveErrors.run(to, length, start, from);
      this.deleteErrors.run(length, start, from);
    }
    return true;
  }

  private add({ kind, length, start, series, origin }: RollupKey, cell: Cell, names: Names): void {
    const before = this.readRollup.get(kind, length, start, series, origin) as StoredRollup | undefined;
    if (before) cell.addStored(storedMeasures(before));
    const { sums, errors } = cell;
    const histograms = cell.histograms.map((histogram) => histogram.toBytes());
    this.writeRollup.run(kind, length, start, series, origin, bytesOfSums(sums), ...histograms);
    for (const [type, sums] of errors) {
      // A value that is not finite (wrong clock, custom price) must not invalidate the sum.
      const values = ERROR_SUMS.map((sum) => (Number.isFinite(sums[sum]) ? sums[sum] : 0));
      this.addError.run(length, start, series, origin, names.idOf(type), ...values);
    }
  }
}

interface RollupKey {
  readonly kind: Kind;
  readonly length: RollupLength;
  readonly start: number;
  readonly series: number;
  readonly origin: number;
}

type StoredRollup = Readonly<Record<'sums' | HistogramMeasure, Uint8Array>>;

function storedMeasures(row: StoredRollup): StoredMeasures {
  return { sums: row.sums, histograms: HISTOGRAM_MEASURES.map((name) => row[name]) };
}
