import { SERIES_DIMENSIONS, type SeriesFilter } from '../../measures.js';
import type { Names } from './names.js';

/** A condition on the table `series`. */
export interface SeriesCondition {
  readonly sql: string;
  readonly values: readonly number[];
}

export function seriesCondition(names: Names, kind: number, where: SeriesFilter = {}): SeriesCondition {
  const parts = [`series.kind = ${kind}`];
  const values: number[] = [];
  for (const dimension of SERIES_DIMENSIONS) {
    const wanted = where[dimension];
    if (wanted === undefined) continue;
    const ids = idsOf(names, wanted, dimension);
    parts.push(`series.${dimension} IN (${ids.map(() => '?').join(', ')})`);
    values.push(...ids);
  }
  return { sql: parts.join(' AND '), values };
}

/** Returns the ids of the names that exist; for models, also those of their versions. */
export function idsOf(names: Names, wanted: ReadonlyArray<string | null>, dimension?: string): number[] {
  const ids = wanted.flatMap((name) =>
    dimension === 'model' ? names.lookUpModel(name) : (names.lookUp(name) ?? []),
  );
  return [...new Set(ids)];
}
