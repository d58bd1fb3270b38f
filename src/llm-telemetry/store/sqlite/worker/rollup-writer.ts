import { HOUR, MINUTE } from '../../../units/time.js';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isOfModelOfCall, modelOfAttempt } from '../../../calls/outcome.js';
import type { AttemptRecord, CallRecord } from '../../../calls/record.js';
import { endOf } from '../../calls.js';
import { LogHistogram } from '../../log-histogram.js';
import { HISTOGRAM_MEASURES, HISTOGRAM_TABLE, type HistogramMeasure } from '../../measure-table.js';
import {
  addCall,
  addErrors,
  addErrorSums,
  addSumsBytes,
  bytesOfSums,
  columnOf,
  ERROR_SUMS,
  errorSumsOf,
  noSums,
  type ErrorsByType,
} from '../../sums.js';
import { firstIdAt, timeOfId } from './call-columns.js';
import { KIND, type Kind, type Names } from './names.js';
import { floorTo, nextLonger, type RollupLength } from './rollup-ranges.js';

/** Values to add to one rollup. */
class Cell {
  readonly sums = noSums();
  /** In the order of `HISTOGRAM_MEASURES`. */
  readonly histograms = HISTOGRAM_MEASURES.map(() => new LogHistogram());
  readonly errors: ErrorsByType = new Map();

  addStored({ sums, ...columns }: StoredRollup): void {
    addSumsBytes(this.sums, sums);
    for (const [index, name] of HISTOGRAM_MEASURES.entries())
      this.histograms[index]!.mergeBytes(columns[name]);
  }

  negate(): void {
    for (const [index, sum] of this.sums.entries()) this.sums[index] = -sum;
    for (const errors of this.errors.values()) for (const name of ERROR_SUMS) errors[name] = -errors[name];
  }

  add(other: Cell): void {
    for (const [index, sum] of other.sums.entries()) this.sums[index]! += sum;
    for (const [index, histogram] of other.histograms.entries()) this.histograms[index]!.merge(histogram);
    for (const [type, sums] of other.errors) addErrorSums(errorSumsOf(this.errors, type), sums);
  }
}

/** Cells by start and series. */
class Cells extends Map<number, Map<number, Cell>> {
  at(start: number, series: number): Cell {
    let cells = this.get(start);
    if (!cells) this.set(start, (cells = new Map()));
    let cell = cells.get(series);
    if (!cell) cells.set(series, (cell = new Cell()));
    return cell;
  }

  /** Downsamples to a longer rollup length. */
  downsample(length: RollupLength): Cells {
    const longer = new Cells();
    for (const [start, cells] of this) {
      for (const [series, cell] of cells) longer.at(floorTo(start, length), series).add(cell);
    }
    return longer;
  }
}

/**
 * Adds calls to the rollups of all lengths. Create one per transaction: stored rollups are read again each time, because
 * other processes add to them.
 */
export class RollupWriter {
  private readonly ofModels = new Cells();
  /** By the hour, because there can be many routes and tenants. */
  private readonly ofGroups = new Map([
    [KIND.route, new Cells()],
    [KIND.tenant, new Cells()],
  ] as const);

  constructor(
    private readonly statements: RollupStatements,
    private readonly names: Names,
  ) {}

  /** Adds a call to the rollups of `series`. */
  add(record: CallRecord, series: number): void {
    const { feature, operation, route, identity } = record;
    const end = timeOfId(firstIdAt(endOf(record)));
    const minute = floorTo(end, MINUTE);
    const ofCall = this.ofModels.at(minute, series);
    const ofAttempt = (attempt: AttemptRecord): Cell => {
      if (isOfModelOfCall(attempt, record)) return ofCall;
      const model = modelOfAttempt(attempt);
      const { rollup } = this.names.seriesOf(feature, operation, attempt.provider, model);
      return this.ofModels.at(minute, rollup);
    };
    addToCells(record, ofCall, ofAttempt);
    for (const [kind, name] of [
      [KIND.route, route],
      [KIND.tenant, identity.tenantId ?? null],
    ] as const) {
      if (name === null) continue;
      const { rollup } = this.names.seriesOfGroup(kind, name);
      const cell = this.ofGroups.get(kind)!.at(floorTo(end, HOUR), rollup);
      addCall(record, cell.sums, () => cell.sums);
    }
  }

  /** Subtracts the added calls from stored rollups instead of adding them. Only for calls without values of histograms. */
  negate(): void {
    for (const all of [this.ofModels, ...this.ofGroups.values()])
      for (const cells of all.values()) for (const cell of cells.values()) cell.negate();
  }

  /** Writes the added calls to the file. */
  finish(): void {
    this.write(KIND.model, MINUTE, this.ofModels);
    for (const [kind, cells] of this.ofGroups) this.write(kind, HOUR, cells);
  }

  /** Writes the longer rollups first: `add` merges the stored rollup into the cell. */
  private write(kind: Kind, length: RollupLength, all: Cells): void {
    const longer = nextLonger(length);
    if (longer !== length) this.write(kind, longer, all.downsample(longer));
    for (const [start, cells] of all) {
      for (const [series, cell] of cells) this.statements.add(kind, length, start, series, cell, this.names);
    }
  }
}

/** Prepared statements that write rollups. */
export class RollupStatements {
  private readonly readRollup: StatementSync;
  private readonly writeRollup: StatementSync;
  private readonly addError: StatementSync;
  private readonly deleteRollup: StatementSync;
  private readonly moveErrors: StatementSync;
  private readonly deleteErrors: StatementSync;

  constructor(database: DatabaseSync) {
    this.readRollup = database.prepare(
      `SELECT sums, ${HISTOGRAM_MEASURES.join(', ')} FROM rollup
       WHERE kind = ? AND level = ? AND start = ? AND series = ?`,
    );
    this.writeRollup = database.prepare(
      `INSERT OR REPLACE INTO rollup (kind, level, start, series, sums, ${HISTOGRAM_MEASURES.join(', ')})
       VALUES (?, ?, ?, ?, ?, ${HISTOGRAM_MEASURES.map(() => '?').join(', ')})`,
    );
    const names = ERROR_SUMS.map(columnOf);
    const columns = names.join(', ');
    const addSums = names.map((name) => `${name} = ${name} + excluded.${name}`).join(', ');
    this.addError = database.prepare(
      `INSERT INTO error (level, start, series, type, ${columns})
       VALUES (?, ?, ?, ?, ${names.map(() => '?').join(', ')})
       ON CONFLICT DO UPDATE SET ${addSums}`,
    );
    this.deleteRollup = database.prepare(
      'DELETE FROM rollup WHERE kind = ? AND level = ? AND start = ? AND series = ?',
    );
    this.moveErrors = database.prepare(
      `INSERT INTO error (level, start, series, type, ${columns})
       SELECT level, start, ?, type, ${columns} FROM error WHERE level = ? AND start = ? AND series = ?
       ON CONFLICT DO UPDATE SET ${addSums}`,
    );
    this.deleteErrors = database.prepare('DELETE FROM error WHERE level = ? AND start = ? AND series = ?');
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
    const found = this.readRollup.get(kind, length, start, from) as StoredRollup | undefined;
    if (!found) return false;
    const cell = new Cell();
    cell.addStored(found);
    this.add(kind, length, start, to, cell, names);
    this.deleteRollup.run(kind, length, start, from);
    if (kind === KIND.model) {
      this.moveErrors.run(to, length, start, from);
      this.deleteErrors.run(length, start, from);
    }
    return true;
  }

  add(kind: Kind, length: RollupLength, start: number, series: number, cell: Cell, names: Names): void {
    const before = this.readRollup.get(kind, length, start, series) as StoredRollup | undefined;
    if (before) cell.addStored(before);
    const { sums, errors } = cell;
    const histograms = cell.histograms.map((histogram) => histogram.toBytes());
    this.writeRollup.run(kind, length, start, series, bytesOfSums(sums), ...histograms);
    for (const [type, sums] of errors) {
      // A value that is not finite (wrong clock, custom price) must not invalidate the sum.
      const values = ERROR_SUMS.map((sum) => (Number.isFinite(sums[sum]) ? sums[sum] : 0));
      this.addError.run(length, start, series, names.idOf(type), ...values);
    }
  }
}

type StoredRollup = Readonly<Record<'sums' | HistogramMeasure, Uint8Array>>;

function addToCells(record: CallRecord, ofCall: Cell, ofAttempt: (attempt: AttemptRecord) => Cell): void {
  addCall(record, ofCall.sums, (attempt) => ofAttempt(attempt).sums);
  for (const [index, name] of HISTOGRAM_MEASURES.entries()) {
    const value = HISTOGRAM_TABLE[name](record);
    if (value !== null) ofCall.histograms[index]!.add(value);
  }
  addErrors(record, ofCall.errors, (attempt) => ofAttempt(attempt).errors);
}
