import { digitsOfUnits, unitsOfDigits } from '../../units/usd.js';
import type { StoredMeasures } from '../core/backend.js';
import type { Cell } from '../core/tally.js';
import { ALL_SUMS, CARRIED_SUMS, HISTOGRAM_MEASURES, SUM_INDEX } from '../measure-table.js';
import { CARRIED_ERROR_SUMS, columnOf, ERROR_SUMS, noErrorSums, noSums, type ErrorSums } from '../sums.js';
import type { Row, Value } from './connection.js';

/** Converts the name of a sum to that of its column: `costUsd` to `cost_units`. */
function columnName(name: string): string {
  return columnOf(name as Parameters<typeof columnOf>[0]).replaceAll(
    /[A-Z]/g,
    (letter) => `_${letter.toLowerCase()}`,
  );
}

/** A sum of rollups in its column. */
interface SumColumn<Key> {
  /** Its place in sums. */
  readonly key: Key;
  /** The place of the whole dollars of a sum of money, which is one number in the database. */
  readonly dollars: Key | undefined;
  readonly column: string;
  readonly type: 'bigint' | 'numeric';
}

function columnOfSum<Key>(name: string, key: Key, dollars: Key | undefined): SumColumn<Key> {
  // Milliseconds have fractions, and sums of money can exceed 64 bits.
  const type = dollars !== undefined || name.endsWith('Ms') ? 'numeric' : 'bigint';
  return { key, dollars, column: columnName(name), type };
}

/** Columns of the sums of rollups, in the order of `ALL_SUMS`. */
const SUM_COLUMNS = ALL_SUMS.map(({ name, index }) => {
  const carried = CARRIED_SUMS.find((sum) => sum.name === name);
  return columnOfSum(name, index, carried && SUM_INDEX[carried.dollars]);
});

const ERROR_COLUMNS = ERROR_SUMS.map((name) => {
  const carried = CARRIED_ERROR_SUMS.find((sum) => sum.name === name);
  return columnOfSum<keyof ErrorSums>(name, name, carried?.dollars);
});

const HISTOGRAM_COLUMNS: readonly string[] = HISTOGRAM_MEASURES.map(columnName);

/** Columns of measures, and how rows of them are written and read. */
export const MEASURES = {
  sums: SUM_COLUMNS.map(({ column }) => column),
  /** Expressions that `read` reads. */
  selected: SUM_COLUMNS.map((column) => selectedOf(column)),
  /** Expressions that `read` reads, of several rows. */
  added: SUM_COLUMNS.map((column) => selectedOf(column, `sum(${column.column})`)),
  histograms: HISTOGRAM_COLUMNS,
  types: [...SUM_COLUMNS.map(({ type }) => type), ...HISTOGRAM_COLUMNS.map(() => 'bytea')],
  valuesOf({ sums, histograms }: Cell): Value[] {
    return [
      ...SUM_COLUMNS.map((column) => valueOf(sums, column)),
      ...histograms.map((histogram) => histogram.toBytes()),
    ];
  },
  /** Reads the sums, and histograms if there are any, that start at a column. */
  read(row: Row, at: number): StoredMeasures {
    const sums = noSums();
    readColumns(row, at, SUM_COLUMNS, sums);
    return { sums, histograms: row.slice(at + SUM_COLUMNS.length) as Uint8Array[] };
  },
};

/** Columns of errors, and how rows of them are written and read. */
export const ERRORS = {
  sums: ERROR_COLUMNS.map(({ column }) => column),
  /** Expressions that `read` reads. */
  selected: ERROR_COLUMNS.map((column) => selectedOf(column)),
  types: ERROR_COLUMNS.map(({ type }) => type),
  valuesOf(sums: ErrorSums): Value[] {
    return ERROR_COLUMNS.map((column) => valueOf(sums, column));
  },
  read(row: Row, at: number): ErrorSums {
    const sums = noErrorSums();
    readColumns(row, at, ERROR_COLUMNS, sums);
    return sums;
  },
};

/** Money is read as digits, because a number does not hold large sums. */
function selectedOf({ column, dollars }: SumColumn<unknown>, expression = column): string {
  return dollars === undefined ? expression : `${expression}::text`;
}

function valueOf<Key extends PropertyKey>(
  sums: { readonly [Place in Key]: number },
  { key, dollars, type }: SumColumn<Key>,
): Value {
  const sum = finite(sums[key]);
  if (dollars !== undefined) return digitsOfUnits(finite(sums[dollars]), sum);
  return type === 'bigint' ? Math.round(sum) : sum;
}

function readColumns<Key extends PropertyKey>(
  row: Row,
  at: number,
  columns: ReadonlyArray<SumColumn<Key>>,
  sums: { [Place in Key]: number },
): void {
  for (const [position, { key, dollars }] of columns.entries()) {
    const value = row[at + position];
    if (dollars === undefined) sums[key] = value as number;
    else {
      const money = unitsOfDigits(value as string);
      sums[key] = money.units;
      sums[dollars] = money.dollars;
    }
  }
}

/** A value that is not finite (wrong clock, custom price) must not invalidate the sum. */
function finite(sum: number): number {
  return Number.isFinite(sum) ? sum : 0;
}
