import { useMemo } from 'preact/hooks';
import type { Breakdown, Timeline } from '../../api/index.js';
import { bucketParameters, useMeasures } from '../api/use-measures.js';
import { ChartWithLegend } from '../charts/chart-or-table.js';
import { colorsOf } from './blame.js';
import { chartLabel, seriesOf } from './grouped-series.js';
import { kpiOf } from './kpis.js';
import { useReleases } from './use-releases.js';

/** P99 of the duration of each operation over time. */
export function DurationOverTime({ title, table }: { title: string; table: boolean }) {
  const kpi = kpiOf('duration');
  const { data } = useMeasures<Timeline>('timeline', {
    metric: kpi.metrics,
    by: 'operation',
    limit: 50,
    ...bucketParameters(),
  });
  const unfiltered = useMeasures<Breakdown>('breakdown', { by: 'operation' }, { filtered: false });
  const series = useMemo(
    () => (data ? seriesOf(data, 'operation', kpi, colorsOf(unfiltered.data, 'operation')) : []),
    [data, unfiltered.data],
  );
  const releases = useReleases();
  if (!data) return null;
  return (
    <ChartWithLegend
      table={table}
      label={chartLabel(`${title}, P99`, kpi, data, series)}
      height={224}
      buckets={data}
      series={series}
      kind="lines"
      format={kpi.format}
      before={null}
      beforeLabel=""
      limit={null}
      firings={[]}
      releases={releases}
      focused={null}
    />
  );
}
