import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AttemptRecord, CallRecord } from '../../call/record.js';
import { endOf } from '../call-row.js';
import { LogHistogram } from '../log-histogram.js';
import { addCall, noSums, SUMS, type Sums } from '../tally.js';
import { firstIdAt, timeOfId } from './call-id.js';
import { DAY, HOUR, MINUTE, type Level } from './levels.js';
import { KIND, type Names } from './names.js';
import { floorTo } from './spans.js';

/** What one rollup is to be given. */
class Cell {
  readonly sums = noSums();
  readonly duration = new LogHistogram();
  readonly firstToken = new LogHistogram();
  /** By the id of the error type. */
  readonly errors = new Map<number, { calls: number; attempts: number }>();

  error(type: number): { calls: number; attempts: number } {
    let error = this.errors.get(type);
    if (!error) this.errors.set(type, (error = { calls: 0, attempts: 0 }));
    return error;
  }

  add(other: Cell): void {
    for (const sum of SUMS) this.sums[sum] += other.sums[sum];
    this.duration.merge(other.duration);
    this.firstToken.merge(other.firstToken);
    for (const [type, { calls, attempts }] of other.errors) {
      const error = this.error(type);
      error.calls += calls;
      error.attempts += attempts;
    }
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

  /** The same in longer units. */
  in(level: Level): Cells {
    const longer = new Cells();
    for (const [start, cells] of this) {
      for (const [series, cell] of cells) longer.at(floorTo(start, level), series).add(cell);
    }
    return longer;
  }
}

/**
 * Adds calls to the rollups of minutes, hours and days. One for each transaction: what is in the file is read again each
 * time, since other processes add to the same rollups.
 */
export class RollupWriter {
  private readonly ofModels = new Cells();
  /** Routes and tenants can be many: they are kept by the hour. */
  private readonly ofGroups = new Cells();

  constructor(
    private readonly statements: RollupStatements,
    private readonly names: Names,
  ) {}

  add(record: CallRecord, series: number): void {
    const { feature, operation, route, identity } = record;
    const end = timeOfId(firstIdAt(endOf(record)));
    const minute = floorTo(end, MINUTE);
    const ofCall = this.ofModels.at(minute, series);
    const ofAttempt = (attempt: AttemptRecord): Cell => {
      const model = attempt.responseModel ?? attempt.requestModel;
      if (model === record.model && attempt.provider === record.provider) return ofCall;
      return this.ofModels.at(minute, this.names.seriesOf(feature, operation, attempt.provider, model));
    };
    addToCells(record, ofCall, ofAttempt, this.names);
    for (const [kind, name] of [
      [KIND.route, route],
      [KIND.tenant, identity.tenantId ?? null],
    ] as const) {
      if (name === null) continue;
      const cell = this.ofGroups.at(floorTo(end, HOUR), this.names.seriesOfGroup(kind, name));
      addCall(record, cell.sums, () => cell.sums);
    }
  }

  /** Writes all that was added. */
  finish(): void {
    const hours = this.ofModels.in(HOUR);
    this.write(MINUTE, this.ofModels);
    this.write(HOUR, hours);
    this.write(DAY, hours.in(DAY));
    this.write(HOUR, this.ofGroups);
    this.write(DAY, this.ofGroups.in(DAY));
  }

  private write(level: Level, all: Cells): void {
    const { statements } = this;
    for (const [start, cells] of all) {
      for (const [series, cell] of cells) statements.add(level, start, series, cell);
    }
  }
}

/** The statements that write rollups, made once. */
export class RollupStatements {
  private readonly sums: StatementSync;
  private readonly readHistogram: StatementSync;
  private readonly writeHistogram: StatementSync;
  private readonly error: StatementSync;

  constructor(database: DatabaseSync) {
    this.sums = database.prepare(
      `INSERT INTO rollup (level, start, series, ${SUMS.join(', ')})
       VALUES (?, ?, ?, ${SUMS.map(() => '?').join(', ')})
       ON CONFLICT DO UPDATE SET ${SUMS.map((sum) => `${sum} = ${sum} + excluded.${sum}`).join(', ')}`,
    );
    this.readHistogram = database.prepare(
      'SELECT duration, firstToken FROM histogram WHERE level = ? AND start = ? AND series = ?',
    );
    this.writeHistogram = database.prepare(
      'INSERT OR REPLACE INTO histogram (level, start, series, duration, firstToken) VALUES (?, ?, ?, ?, ?)',
    );
    this.error = database.prepare(
      `INSERT INTO error (level, start, series, type, calls, attempts) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, attempts = attempts + excluded.attempts`,
    );
  }

  add(level: Level, start: number, series: number, cell: Cell): void {
    this.sums.run(level, start, series, ...valuesOf(cell.sums));
    for (const [type, { calls, attempts }] of cell.errors) {
      this.error.run(level, start, series, type, calls, attempts);
    }
    if (cell.duration.count === 0) return;
    const duration = new LogHistogram(cell.duration);
    const firstToken = new LogHistogram(cell.firstToken);
    const before = this.readHistogram.get(level, start, series) as StoredHistograms | undefined;
    if (before) {
      duration.addBytes(before.duration);
      firstToken.addBytes(before.firstToken);
    }
    this.writeHistogram.run(level, start, series, duration.toBytes(), firstToken.toBytes());
  }
}

interface StoredHistograms {
  readonly duration: Uint8Array;
  readonly firstToken: Uint8Array;
}

function addToCells(
  record: CallRecord,
  ofCall: Cell,
  ofAttempt: (attempt: AttemptRecord) => Cell,
  names: Names,
): void {
  const { failure, latencyMs, timeToFirstTokenMs, attempts } = record;
  addCall(record, ofCall.sums, (attempt) => ofAttempt(attempt).sums);
  ofCall.duration.add(latencyMs);
  if (timeToFirstTokenMs !== null) ofCall.firstToken.add(timeToFirstTokenMs);
  if (failure) ofCall.error(names.idOf(failure.type)).calls++;
  for (const attempt of attempts) {
    if (attempt.failure) ofAttempt(attempt).error(names.idOf(attempt.failure.type)).attempts++;
  }
}

/** What is no number (a broken clock, a price of one's own) must not spoil the sum of all others. */
function valuesOf(sums: Sums): number[] {
  return SUMS.map((sum) => (Number.isFinite(sums[sum]) ? sums[sum] : 0));
}
