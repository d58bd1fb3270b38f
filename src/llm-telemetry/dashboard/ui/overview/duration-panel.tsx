import { useMemo } from 'preact/hooks';
import type { AlertsResponse, Breakdown, Timeline } from '../../api/index.js';
import { bucketParameters, useMeasures } from '../api/use-measures.js';
import { ChartWithLegend, useTable } from '../charts/chart-or-table.js';
import { Panel } from '../components/panel.js';
import { useNavigation } from '../state/navigation.js';
import { alertFinding } from './alert-texts.js';
import { colorsOf } from './blame.js';
import { chartLabel } from './chart-label.js';
import { DurationDumbbells } from './duration-dumbbells.js';
import { durationFinding, durationsOf, SHOWN_DURATIONS } from './durations.js';
import { seriesOf } from './grouped-series.js';
import { kpiOf } from './kpis.js';

const TITLE = 'Duration by operation';

export function DurationPanel({ alerts }: { alerts: AlertsResponse | null }) {
  const { state, go } = useNavigation();
  const overTime = state.durationOverTime;
  const { table, button } = useTable('duration', TITLE);
  const rule = alerts?.alerts.find(({ name }) => name === 'high_latency');
  const breakdown = useMeasures<Breakdown>('breakdown', { by: ['operation', 'feature'], quantiles: true });
  const rows = useMemo(
    () => (breakdown.data ? durationsOf(breakdown.data, alerts) : []),
    [breakdown.data, alerts],
  );
  return (
    <Panel
      span={5}
      title={TITLE}
      finding={
        alertFinding(rule, alerts?.evaluatedAt ?? null, state) ?? (breakdown.data && durationFinding(rows))
      }
      action={
        <>
          {overTime && button}
          <button class="link" type="button" onClick={() => go({ durationOverTime: !overTime }, 'replace')}>
            {overTime ? 'By operation' : 'Over time'}
          </button>
        </>
      }
      result={breakdown}
    >
      {overTime ? (
        <DurationOverTime table={table} />
      ) : (
        <DurationDumbbells rows={rows.slice(0, SHOWN_DURATIONS)} />
      )}
    </Panel>
  );
}

function DurationOverTime({ table }: { table: boolean }) {
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
  if (!data) return null;
  return (
    <ChartWithLegend
      table={table}
      label={chartLabel(`${TITLE}, P99`, kpi, data, series)}
      height={224}
      buckets={data}
      series={series}
      kind="lines"
      figure={kpi.figure}
      before={null}
      beforeLabel=""
      limit={null}
      firings={[]}
      focused={null}
    />
  );
}
