import { allLengthsOf, Cells, SHORTEST_LENGTH, type Cell } from '../core/tally.js';
import { KIND, type Kind } from '../core/series.js';
import { SUM_INDEX } from '../measure-table.js';
import { addErrorSums, errorSumsOf } from '../sums.js';
import { columnsOf, rowsOf } from './array-parameters.js';
import type { Row, Statements, Value } from './connection.js';
import { ERRORS, MEASURES } from './sum-columns.js';

/** Rows that one transaction compacts: about 100 ms. */
const ROWS_AT_ONCE = 20_000;

const KEY = ['kind', 'level', 'start', 'series', 'origin'];
const KEY_TYPES = ['smallint', 'int', 'bigint', 'int', 'int'];
const ERROR_KEY = ['level', 'start', 'series', 'origin', 'type'];
const ERROR_KEY_TYPES = ['int', 'bigint', 'int', 'int', 'int'];
const MEASURE_COLUMNS = [...MEASURES.sums, ...MEASURES.histograms];

/** Cells by kind and origin. Errors are by the id of their type. */
type CellsByOrigin = ReadonlyMap<number, Readonly<Record<Kind, Cells>>>;

/**
 * Moves what instances have inserted to the rollups of all lengths. Only one transaction at a time may do it: others would
 * update the same rows in another order.
 *
 * @returns the number of rows that were compacted
 */
export async function compact(statements: Statements): Promise<number> {
  const measures = [...MEASURES.selected, ...MEASURES.histograms];
  const deltas = await take(statements, 'delta', ['kind', 'start', 'series', 'origin', ...measures]);
  const errors = await take(statements, 'delta_error', [...ERROR_KEY.slice(1), ...ERRORS.selected]);
  if (deltas.length + errors.length === 0) return 0;
  await addToRollups(statements, rollupsOf(cellsOf(deltas, errors)));
  await countUses(statements, deltas);
  return deltas.length + errors.length;
}

/** Counts the calls of series, for those that compete for a slot. */
async function countUses(statements: Statements, deltas: readonly Row[]): Promise<void> {
  const uses = new Map<number, number>();
  for (const row of deltas) {
    const series = row[2] as number;
    uses.set(series, (uses.get(series) ?? 0) + MEASURES.read(row, 4).sums[SUM_INDEX.calls]!);
  }
  await statements.change(
    // In the order of ids, as all who update several of these rows.
    `UPDATE series SET calls = calls + added FROM unnest($1::int[], $2::double precision[]) AS used (id, added)
     JOIN (SELECT id FROM series WHERE id = ANY($1::int[]) ORDER BY id FOR UPDATE) AS locked USING (id)
     WHERE series.id = used.id`,
    [[...uses.keys()], [...uses.values()]],
  );
}

/** Adds to stored rollups. Call it with the lock of the compactor, and each key once. */
export async function addToRollups(statements: Statements, rollups: readonly Addition[]): Promise<void> {
  if (rollups.length === 0) return;
  await mergeHistograms(statements, rollups);
  await addRollups(statements, rollups);
  await addErrorsOf(statements, rollups);
}

/** What is added to a stored rollup. */
export interface Addition {
  /** Kind, length, start, series and origin. */
  readonly key: readonly number[];
  /** Errors are by the id of their type. Stored histograms are added to it. */
  readonly cell: Cell;
}

function rollupsOf(byOrigin: CellsByOrigin): Addition[] {
  const rollups: Addition[] = [];
  for (const [origin, cellsByKind] of byOrigin) {
    for (const kind of Object.values(KIND)) {
      const shortest = { kind, length: SHORTEST_LENGTH[kind], cells: cellsByKind[kind] };
      for (const { length, cells } of allLengthsOf(shortest))
        for (const { start, series, cell } of cells.all())
          rollups.push({ key: [kind, length, start, series, origin], cell });
    }
  }
  return rollups;
}

/** Adds the stored histograms to those of the cells, because SQL cannot add them. */
async function mergeHistograms(statements: Statements, rollups: readonly Addition[]): Promise<void> {
  const stored = await statements.rows(
    `SELECT ${KEY.join(', ')}, ${MEASURES.histograms.join(', ')}
     FROM rollup JOIN (${rowsOf(KEY_TYPES, KEY)}) AS wanted USING (${KEY.join(', ')})`,
    columnsOf(
      rollups.map(({ key }) => key),
      KEY_TYPES,
    ),
  );
  const cells = new Map(rollups.map(({ key, cell }) => [key.join(' '), cell]));
  for (const row of stored) {
    const { histograms } = cells.get(row.slice(0, KEY.length).join(' '))!;
    for (const [index, histogram] of histograms.entries())
      histogram.mergeBytes(row[KEY.length + index] as Uint8Array);
  }
}

/** Adds sums in SQL: numbers of 64 bits are exact, and raise an error when they overflow. */
async function addRollups(statements: Statements, rollups: readonly Addition[]): Promise<void> {
  const types = [...KEY_TYPES, ...MEASURES.types];
  const columns = [...KEY, ...MEASURE_COLUMNS].join(', ');
  const added = [
    ...MEASURES.sums.map((column) => `${column} = rollup.${column} + excluded.${column}`),
    ...MEASURES.histograms.map((column) => `${column} = excluded.${column}`),
  ];
  await statements.change(
    `INSERT INTO rollup (${columns}) ${rowsOf(types)}
     ON CONFLICT (${KEY.join(', ')}) DO UPDATE SET ${added.join(', ')}`,
    columnsOf(
      rollups.map(({ key, cell }) => [...key, ...MEASURES.valuesOf(cell)]),
      types,
    ),
  );
}

async function addErrorsOf(statements: Statements, rollups: readonly Addition[]): Promise<void> {
  const rows = rollups.flatMap(({ key: [, ...key], cell }) =>
    [...cell.errors].map(([type, sums]): Value[] => [...key, Number(type), ...ERRORS.valuesOf(sums)]),
  );
  if (rows.length === 0) return;
  const types = [...ERROR_KEY_TYPES, ...ERRORS.types];
  const added = ERRORS.sums.map((column) => `${column} = error.${column} + excluded.${column}`);
  await statements.change(
    `INSERT INTO error (${[...ERROR_KEY, ...ERRORS.sums].join(', ')}) ${rowsOf(types)}
     ON CONFLICT (${ERROR_KEY.join(', ')}) DO UPDATE SET ${added.join(', ')}`,
    columnsOf(rows, types),
  );
}

async function take(statements: Statements, table: string, columns: readonly string[]): Promise<Row[]> {
  return statements.rows(
    `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${table} LIMIT ${ROWS_AT_ONCE}))
     RETURNING ${columns.join(', ')}`,
  );
}

function cellsOf(deltas: readonly Row[], errors: readonly Row[]): CellsByOrigin {
  const byOrigin = new Map<number, Record<Kind, Cells>>();
  const cellsAt = (origin: number): Record<Kind, Cells> => {
    let cells = byOrigin.get(origin);
    if (!cells) {
      cells = { [KIND.model]: new Cells(), [KIND.route]: new Cells(), [KIND.tenant]: new Cells() };
      byOrigin.set(origin, cells);
    }
    return cells;
  };
  for (const row of deltas) {
    const [kind, start, series, origin] = row as [Kind, number, number, number];
    cellsAt(origin)[kind].at(start, series).addStored(MEASURES.read(row, 4));
  }
  for (const row of errors) {
    const [start, series, origin, type] = row as [number, number, number, number];
    const { errors: sums } = cellsAt(origin)[KIND.model].at(start, series);
    addErrorSums(errorSumsOf(sums, String(type)), ERRORS.read(row, 4));
  }
  return byOrigin;
}
