import { useMemo } from 'preact/hooks';
import type { AlertsAnswer, Breakdown, Timeline } from '../../api/index.js';
import { bucketParameters, useFigures } from '../api/use-figures.js';
import { ChartWithLegend, useTable } from '../charts/chart-or-table.js';
import { Panel } from '../components/panel.js';
import { moment } from '../formats/formats.js';
import { useNavigation } from '../state/navigation.js';
import { firingsOf, limitOf } from './alert-texts.js';
import { coloursOf } from './blame.js';
import { chartLabel } from './chart-label.js';
import { seriesOf } from './grouped-series.js';
import { kpiOf } from './kpis.js';

const TITLE = 'Truncation by model';

export function TruncationPanel({ alerts }: { alerts: AlertsAnswer | null }) {
  const { state } = useNavigation();
  const kpi = kpiOf('truncated');
  const timeline = useFigures<Timeline>('timeline', {
    metric: kpi.metrics,
    by: 'model',
    limit: 50,
    ...bucketParameters(),
  });
  const unfiltered = useFigures<Breakdown>('breakdown', { by: 'model' }, { filtered: false });
  const { table, button } = useTable(TITLE);
  const { data } = timeline;
  const series = useMemo(
    () => (data ? seriesOf(data, 'model', kpi, coloursOf(unfiltered.data, 'model')) : []),
    [data, unfiltered.data],
  );
  const rule = alerts?.alerts.find(({ name }) => name === 'truncation_spike');
  const firings = useMemo(
    () => (data ? firingsOf(alerts, kpi, data.range, state) : []),
    [alerts, data, state],
  );
  return (
    <Panel
      span={4}
      title={TITLE}
      finding={findingOf(rule, alerts?.evaluatedAt ?? null)}
      action={button}
      answer={timeline}
    >
      {data && (
        <ChartWithLegend
          table={table}
          label={chartLabel(TITLE, kpi, data, series)}
          height={196}
          buckets={data}
          series={series}
          kind="lines"
          figure={kpi.figure}
          before={null}
          beforeLabel=""
          limit={limitOf(alerts, kpi, 'model')}
          firings={firings}
          focused={null}
        />
      )}
    </Panel>
  );
}

function findingOf(rule: AlertsAnswer['alerts'][number] | undefined, now: number | null): string {
  const firing = rule?.instances.filter(({ state }) => state === 'firing') ?? [];
  const [first] = firing;
  if (first && now !== null) {
    if (firing.length > 1) return `${firing.length} models are over their limit`;
    return `${first.names.model || 'One model'} is over its limit since ${moment(first.since, now)}`;
  }
  if (!rule || rule.limit === null || rule.state === 'disabled')
    return 'Share of calls that a token limit cut off';
  return `No model is over ${kpiOf('truncated').figure.tick(rule.limit, rule.limit)} now`;
}
