import { SECOND } from '../../units/time.js';
import type { RollupScan, SeriesScan, StoredErrors, StoredRollup } from '../core/backend.js';
import type { RollupRange } from '../core/rollup-ranges.js';
import type { SeriesNames } from '../core/series.js';
import { HISTOGRAM_MEASURES } from '../measure-table.js';
import type { Dimension } from '../measures.js';
import { seriesConditions } from './conditions.js';
import { ROW_KIND } from './layout.js';
import { ParameterList } from './sql.js';
import { bytesOfHistogramMap, errorSumsOfMap, sumsOfMap, type StoredMap } from './stored-maps.js';
import type { Tables } from './tables.js';

const HISTOGRAM_COLUMNS = { duration: 'duration', firstToken: 'first_token' } as const satisfies Record<
  (typeof HISTOGRAM_MEASURES)[number],
  string
>;

type RollupRow = [start: number, ...values: unknown[]];

/** Reads rollups that the server has added up. Rows that it has not merged yet are merged by the query, too. */
export async function scanRollups(
  { connection, layout }: Tables,
  { kind, ranges, where, quantiles, apart }: RollupScan,
  take: (rollup: StoredRollup) => void,
): Promise<void> {
  if (ranges.length === 0) return;
  const { by, times, names: own } = apart;
  const parameters = new ParameterList();
  const conditions = [`kind = ${kind}`, timesOf(parameters, ranges), ...seriesConditions(parameters, where)];
  const histograms = quantiles ? HISTOGRAM_MEASURES.map((name) => HISTOGRAM_COLUMNS[name]) : [];
  const maps = ['sums', ...histograms].map((column) => `sumMap(${column})`);
  const columns = by.map((dimension) => {
    if (!isOfName(dimension)) return dimension;
    // Each rollup of a route or a tenant has a name.
    return own ? `if(name IN ${parameters.add('Array(String)', own)}, name, NULL)` : 'name';
  });
  const known = new Map<string, SeriesNames>();
  const namesOf = (names: ReadonlyArray<string | null>): SeriesNames => {
    const series = JSON.stringify(names);
    let found = known.get(series);
    if (!found)
      known.set(
        series,
        (found = Object.fromEntries(by.map((dimension, index) => [dimension, names[index]!]))),
      );
    return found;
  };
  const key = [times ? 'start' : 'toDateTime(0)', ...columns];
  await connection.scan<RollupRow>(
    `SELECT toUnixTimestamp(${key[0]!}), ${[...columns, ...maps].join(', ')} FROM ${layout.table('rollup')}
     WHERE ${conditions.join(' AND ')} GROUP BY ${key.join(', ')} HAVING count() > 0`,
    parameters.all(),
    (row) => {
      const [start] = row;
      const names = row.slice(1, 1 + by.length) as Array<string | null>;
      const [sums, ...stored] = row.slice(1 + by.length) as StoredMap[];
      take({
        names: own && names[0] === null ? null : namesOf(names),
        start: start * SECOND,
        sums: sumsOfMap(sums!),
        histograms: stored.map(bytesOfHistogramMap),
      });
    },
  );
}

function isOfName(dimension: Dimension): boolean {
  return dimension === 'route' || dimension === 'tenant';
}

/** Reads errors by start and type. */
export async function scanErrors(
  { connection, layout }: Tables,
  { ranges, where }: SeriesScan,
  take: (error: StoredErrors) => void,
): Promise<void> {
  if (ranges.length === 0) return;
  const parameters = new ParameterList();
  const conditions = [
    `kind = ${ROW_KIND.error}`,
    timesOf(parameters, ranges),
    ...seriesConditions(parameters, where),
  ];
  await connection.scan<[start: number, type: string, sums: StoredMap]>(
    `SELECT toUnixTimestamp(start), name, sumMap(sums) FROM ${layout.table('rollup')}
     WHERE ${conditions.join(' AND ')} GROUP BY start, name`,
    parameters.all(),
    ([start, type, sums]) => take({ start: start * SECOND, type, sums: errorSumsOfMap(sums) }),
  );
}

function timesOf(parameters: ParameterList, ranges: readonly RollupRange[]): string {
  const conditions = ranges.map(({ length, from, to }) => {
    const [start, end] = [from, to].map((time) => parameters.start(time));
    return `(length = ${length / SECOND} AND start >= ${start} AND start < ${end})`;
  });
  return `(${conditions.join(' OR ')})`;
}
