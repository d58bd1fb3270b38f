import { useMemo } from 'preact/hooks';
import type { AlertsResponse, Breakdown, Timeline } from '../../api/index.js';
import { bucketParameters, byParameters, useMeasures } from '../api/use-measures.js';
import { ChartWithLegend, useTable } from '../charts/chart-or-table.js';
import { Panel } from '../components/panel.js';
import { useNavigation } from '../state/navigation.js';
import { alertFinding, firingsOf, limitOf } from './alert-texts.js';
import { colorsOf } from './blame.js';
import { chartLabel, seriesOf } from './grouped-series.js';
import { kpiOf } from './kpis.js';
import { truncationFinding } from './findings.js';
import { useReleases } from './use-releases.js';

const TITLE = 'Truncation by model';

export function TruncationPanel({ alerts }: { alerts: AlertsResponse | null }) {
  const { state } = useNavigation();
  const kpi = kpiOf('truncated');
  const timeline = useMeasures<Timeline>('timeline', {
    metric: kpi.metrics,
    ...byParameters('model'),
    limit: 50,
    ...bucketParameters(),
  });
  const breakdown = useMeasures<Breakdown>('breakdown', byParameters('model'));
  const unfiltered = useMeasures<Breakdown>('breakdown', byParameters('model'), { filtered: false });
  const { table, button } = useTable('truncation', TITLE);
  const { data } = timeline;
  const series = useMemo(
    () => (data ? seriesOf(data, 'model', kpi, colorsOf(unfiltered.data, 'model')) : []),
    [data, unfiltered.data],
  );
  const rule = alerts?.alerts.find(({ name }) => name === 'truncation_spike');
  const limit = limitOf(alerts, kpi, 'model');
  const releases = useReleases();
  const firings = useMemo(
    () => (data ? firingsOf(alerts, kpi, data.range, state) : []),
    [alerts, data, state],
  );
  return (
    <Panel
      span={4}
      title={TITLE}
      finding={
        alertFinding(rule, alerts?.evaluatedAt ?? null, state) ??
        (breakdown.data && truncationFinding(breakdown.data, limit))
      }
      action={button}
      result={timeline}
    >
      {data && (
        <ChartWithLegend
          table={table}
          label={chartLabel(TITLE, kpi, data, series)}
          height={224}
          buckets={data}
          series={series}
          kind="lines"
          format={kpi.format}
          before={null}
          beforeLabel=""
          limit={limit}
          firings={firings}
          releases={releases}
          focused={null}
        />
      )}
    </Panel>
  );
}
