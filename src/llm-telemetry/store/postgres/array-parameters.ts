import type { Value } from './connection.js';

/** How values of a type are written in the binary format of PostgreSQL. */
interface BinaryType {
  /** The same in all databases. */
  readonly oid: number;
  /** Omitted if values are bytes. */
  readonly number?: {
    readonly bytes: number;
    write(to: Buffer, value: number, at: number): void;
  };
}

/** Microseconds from 1970 to 2000, where times of PostgreSQL start. */
const EPOCH_US = 946_684_800_000_000;

const BINARY_TYPES: Readonly<Record<string, BinaryType>> = {
  smallint: { oid: 21, number: { bytes: 2, write: (to, value, at) => to.writeInt16BE(value, at) } },
  int: { oid: 23, number: { bytes: 4, write: (to, value, at) => to.writeInt32BE(value, at) } },
  bigint: { oid: 20, number: { bytes: 8, write: writeBigint } },
  'double precision': {
    oid: 701,
    number: { bytes: 8, write: (to, value, at) => to.writeDoubleBE(value, at) },
  },
  // From whole Unix milliseconds.
  timestamptz: {
    oid: 1184,
    number: { bytes: 8, write: (to, value, at) => writeBigint(to, value * 1000 - EPOCH_US, at) },
  },
  uuid: { oid: 2950 },
  bytea: { oid: 17 },
};

/**
 * Turns rows into one array for each column: parameters of `rowsOf`, whose number does not depend on that of the rows.
 *
 * Arrays are in binary format, except those of `numeric`: the server reads a row of 34 columns in 4 instead of 7 µs, its insert
 * included.
 *
 * @throws RangeError if a value does not fit into its type
 */
export function columnsOf(rows: readonly (readonly Value[])[], types: readonly string[]): Value[] {
  return types.map((type, column) => {
    const values = rows.map((row) => row[column]!);
    const binary = BINARY_TYPES[type];
    return binary ? binaryArray(values, binary) : values;
  });
}

/**
 * Returns a query of rows whose columns are parameters, from $1 on. `FROM unnest($1, $2, …)` would store each column apart
 * before it returns the first row.
 *
 * @param names - of the columns; may be omitted for an insert
 */
export function rowsOf(types: readonly string[], names: readonly string[] = []): string {
  const columns = types.map(
    (type, index) =>
      `unnest($${index + 1}::${type}[])${names[index] === undefined ? '' : ` AS ${names[index]}`}`,
  );
  return `SELECT ${columns.join(', ')}`;
}

/** The number of dimensions, whether there are nulls, the type, the length, and the first index. */
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;

/** See `array_recv` of PostgreSQL. */
function binaryArray(values: readonly Value[], { oid, number }: BinaryType): Buffer {
  const sizeOf = (value: Value): number =>
    value === null ? 0 : (number?.bytes ?? (value as Uint8Array).length);
  const size = values.reduce<number>((sum, value) => sum + LENGTH_BYTES + sizeOf(value), HEADER_BYTES);
  const array = Buffer.allocUnsafe(size);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(Number(values.includes(null)), 4);
  array.writeInt32BE(oid, 8);
  array.writeInt32BE(values.length, 12);
  array.writeInt32BE(1, 16);
  let at = HEADER_BYTES;
  for (const value of values) {
    const length = sizeOf(value);
    array.writeInt32BE(value === null ? -1 : length, at);
    at += LENGTH_BYTES;
    if (value !== null) {
      if (number) number.write(array, value as number, at);
      else array.set(value as Uint8Array, at);
    }
    at += length;
  }
  return array;
}

function writeBigint(to: Buffer, value: number, at: number): void {
  if (!Number.isSafeInteger(value)) {
    to.writeBigInt64BE(BigInt(value), at);
    return;
  }
  const high = Math.floor(value / 2 ** 32);
  to.writeInt32BE(high, at);
  to.writeUInt32BE(value - high * 2 ** 32, at + 4);
}
