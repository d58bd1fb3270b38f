import type { TalliedCells } from '../core/tally.js';
import { KIND } from '../core/series.js';
import { columnsOf, rowsOf } from './array-parameters.js';
import type { Statements, Value } from './connection.js';
import { ERRORS, MEASURES } from './sum-columns.js';

const DELTA_KEY = ['kind', 'start', 'series', 'origin'];
const ERROR_KEY = ['start', 'series', 'origin', 'type'];

/** Rows to insert. */
export interface DeltaRows {
  readonly deltas: readonly (readonly Value[])[];
  readonly errors: readonly (readonly Value[])[];
}

/** Converts the shortest cells to rows. Instances only insert: updates of shared rollups would wait for each other. */
export function deltaRowsOf(
  tallied: readonly TalliedCells[],
  origin: number,
  idOf: (type: string) => number,
): DeltaRows {
  const deltas: Value[][] = [];
  const errors: Value[][] = [];
  for (const { kind, cells } of tallied) {
    for (const { start, series, cell } of cells.all()) {
      deltas.push([kind, start, series, origin, ...MEASURES.valuesOf(cell)]);
      if (kind !== KIND.model) continue;
      for (const [type, sums] of cell.errors)
        errors.push([start, series, origin, idOf(type), ...ERRORS.valuesOf(sums)]);
    }
  }
  return { deltas, errors };
}

export async function insertDeltas(statements: Statements, { deltas, errors }: DeltaRows): Promise<void> {
  if (deltas.length > 0) {
    const types = ['smallint', 'bigint', 'int', 'int', ...MEASURES.types];
    const columns = [...DELTA_KEY, ...MEASURES.sums, ...MEASURES.histograms].join(', ');
    await statements.change(`INSERT INTO delta (${columns}) ${rowsOf(types)}`, columnsOf(deltas, types));
  }
  if (errors.length > 0) {
    const types = ['bigint', 'int', 'int', 'int', ...ERRORS.types];
    await statements.change(
      `INSERT INTO delta_error (${[...ERROR_KEY, ...ERRORS.sums].join(', ')}) ${rowsOf(types)}`,
      columnsOf(errors, types),
    );
  }
}
