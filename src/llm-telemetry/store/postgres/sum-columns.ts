import type { StoredMeasures } from '../core/backend.js';
import type { Cell } from '../core/tally.js';
import { ALL_SUMS, HISTOGRAM_MEASURES } from '../measure-table.js';
import { columnOf, ERROR_SUMS, noSums, type ErrorSums } from '../sums.js';
import type { Row, Value } from './connection.js';

/** Converts the name of a sum to that of its column: `costUsd` to `cost_units`. */
function columnName(name: string): string {
  return columnOf(name as Parameters<typeof columnOf>[0]).replaceAll(
    /[A-Z]/g,
    (letter) => `_${letter.toLowerCase()}`,
  );
}

/** Milliseconds can have fractions; all other sums are whole numbers. */
function typeOf(name: string): string {
  return name.endsWith('Ms') ? 'double precision' : 'bigint';
}

interface SumColumn {
  readonly column: string;
  readonly type: string;
}

/** Columns of the sums of rollups, in the order of `ALL_SUMS`. */
const SUM_COLUMNS: readonly SumColumn[] = ALL_SUMS.map(({ name }) => ({
  column: columnName(name),
  type: typeOf(name),
}));

const ERROR_COLUMNS: readonly SumColumn[] = ERROR_SUMS.map((name) => ({
  column: columnName(name),
  type: typeOf(name),
}));

const HISTOGRAM_COLUMNS: readonly string[] = HISTOGRAM_MEASURES.map(columnName);

/** Columns of measures, and how rows of them are written and read. */
export const MEASURES = {
  sums: SUM_COLUMNS.map(({ column }) => column),
  histograms: HISTOGRAM_COLUMNS,
  types: [...SUM_COLUMNS.map(({ type }) => type), ...HISTOGRAM_COLUMNS.map(() => 'bytea')],
  valuesOf({ sums, histograms }: Cell): Value[] {
    return [
      ...ALL_SUMS.map(({ name, index }) => sumValue(sums[index]!, typeOf(name))),
      ...histograms.map((histogram) => Buffer.from(histogram.toBytes())),
    ];
  },
  /** Reads the sums, and histograms if there are any, that start at a column. */
  read(row: Row, at: number): StoredMeasures {
    const sums = noSums();
    for (const [position, { index }] of ALL_SUMS.entries()) sums[index] = row[at + position] as number;
    return { sums, histograms: row.slice(at + ALL_SUMS.length) as Uint8Array[] };
  },
};

/** Columns of errors, and how rows of them are written and read. */
export const ERRORS = {
  sums: ERROR_COLUMNS.map(({ column }) => column),
  types: ERROR_COLUMNS.map(({ type }) => type),
  valuesOf(sums: ErrorSums): Value[] {
    return ERROR_SUMS.map((name) => sumValue(sums[name], typeOf(name)));
  },
  read(row: Row, at: number): ErrorSums {
    return Object.fromEntries(
      ERROR_SUMS.map((name, position) => [name, row[at + position]]),
    ) as unknown as ErrorSums;
  },
};

/** A value that is not finite (wrong clock, custom price) must not invalidate the sum. */
function sumValue(sum: number, type: string): number | bigint {
  if (!Number.isFinite(sum)) return 0;
  if (type !== 'bigint') return sum;
  // Numbers from 10²¹ on have an exponent, which an integer cannot have.
  return BigInt(Math.round(sum));
}

/** Turns rows into one array for each column: parameters of `unnest`, whose number does not depend on that of the rows. */
export function columnsOf(rows: readonly (readonly Value[])[], columns: number): Value[][] {
  return Array.from({ length: columns }, (_, column) => rows.map((row) => row[column]!));
}

/** Returns `unnest` with a parameter for each type, from a number on. */
export function unnest(types: readonly string[], first = 1): string {
  return `unnest(${types.map((type, index) => `$${first + index}::${type}[]`).join(', ')})`;
}
