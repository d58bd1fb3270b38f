import { SECOND } from '../../units/time.js';
import type { RollupScan, SeriesScan, StoredErrors, StoredRollup } from '../core/backend.js';
import type { RollupRange } from '../core/rollup-ranges.js';
import { KIND, type Kind, type SeriesNames } from '../core/series.js';
import { HISTOGRAM_MEASURES } from '../measure-table.js';
import { ORIGIN_DIMENSIONS, SERIES_DIMENSIONS } from '../measures.js';
import { seriesConditions } from './conditions.js';
import { ROW_KIND } from './layout.js';
import type { NamesOfSeries } from './series-registry.js';
import { ParameterList } from './sql.js';
import { bytesOfHistogramMap, errorSumsOfMap, sumsOfMap, type StoredMap } from './stored-maps.js';
import type { Tables } from './tables.js';

const HISTOGRAM_COLUMNS = { duration: 'duration', firstToken: 'first_token' } as const satisfies Record<
  (typeof HISTOGRAM_MEASURES)[number],
  string
>;

/** Columns that name a rollup. */
const NAME_COLUMNS = [...ORIGIN_DIMENSIONS, ...SERIES_DIMENSIONS, 'name'] as const;

type RollupRow = [start: number, ...values: unknown[]];

/** Reads rollups. Rows that the server has not merged yet are merged by the query. */
export async function scanRollups(
  { connection, layout }: Tables,
  { kind, ranges, where, quantiles }: RollupScan,
  take: (rollup: StoredRollup) => void,
): Promise<void> {
  if (ranges.length === 0) return;
  const parameters = new ParameterList();
  const conditions = [`kind = ${kind}`, timesOf(parameters, ranges), ...seriesConditions(parameters, where)];
  const histograms = quantiles ? HISTOGRAM_MEASURES.map((name) => HISTOGRAM_COLUMNS[name]) : [];
  const maps = ['sums', ...histograms].map((column) => `sumMap(${column})`);
  const key = ['start', ...NAME_COLUMNS].join(', ');
  const known = new Map<string, SeriesNames>();
  await connection.scan<RollupRow>(
    `SELECT toUnixTimestamp(start), ${NAME_COLUMNS.join(', ')}, ${maps.join(', ')}
     FROM ${layout.table('rollup')} WHERE ${conditions.join(' AND ')} GROUP BY ${key}`,
    parameters.all(),
    (row) => {
      const [start] = row;
      const names = row.slice(1, 1 + NAME_COLUMNS.length) as NamesOfSeries;
      const [sums, ...stored] = row.slice(1 + NAME_COLUMNS.length) as StoredMap[];
      const series = JSON.stringify(names);
      let found = known.get(series);
      if (!found) known.set(series, (found = namesOf(kind, names)));
      take({
        names: found,
        start: start * SECOND,
        sums: sumsOfMap(sums!),
        histograms: stored.map(bytesOfHistogramMap),
      });
    },
  );
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

function namesOf(kind: Kind, names: NamesOfSeries): SeriesNames {
  const all = Object.fromEntries(NAME_COLUMNS.map((column, index) => [column, names[index]!]));
  const { name, ...others } = all;
  if (kind === KIND.model) return others;
  const program = Object.fromEntries(ORIGIN_DIMENSIONS.map((dimension) => [dimension, all[dimension]!]));
  return { ...program, [kind === KIND.route ? 'route' : 'tenant']: name! };
}
