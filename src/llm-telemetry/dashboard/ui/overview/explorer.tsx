import { useState } from 'preact/hooks';
import type { AlertsResponse, Breakdown, Summary, Timeline } from '../../api/index.js';
import type { ApiResult } from '../api/use-api.js';
import { bucketParameters, byParameters, useMeasures } from '../api/use-measures.js';
import { useNavigation } from '../state/navigation.js';
import { colorsOf } from './blame.js';
import { BlameList } from './blame-list.js';
import { ExplorerChart } from './explorer-chart.js';
import { KpiButtons } from './kpi-buttons.js';
import { KPI_LIST, kpiOf } from './kpis.js';
import { QualityNote } from './quality-note.js';

/** Measures over time and by group. */
export function Explorer({
  summary,
  alerts,
}: {
  summary: ApiResult<Summary>;
  alerts: AlertsResponse | null;
}) {
  const { state } = useNavigation();
  const kpi = kpiOf(state.kpi);
  const [focused, setFocused] = useState<string | null>(null);
  const shapes = useMeasures<Timeline>('timeline', {
    metric: [...new Set(KPI_LIST.flatMap(({ metrics }) => metrics))],
    ...bucketParameters(),
  });
  const timeline = useMeasures<Timeline>('timeline', {
    metric: kpi.metrics,
    ...byParameters(state.by),
    limit: 50,
    ...bucketParameters(),
  });
  const breakdown = useMeasures<Breakdown>('breakdown', {
    ...byParameters(state.by),
    ...(kpi.metrics[0].includes('.') && { quantiles: true }),
  });
  const unfiltered = useMeasures<Breakdown>('breakdown', byParameters(state.by), { filtered: false });
  const colors = colorsOf(unfiltered.data, state.by);

  return (
    <section class="card span-12" aria-label="Measures" aria-busy={timeline.loading || summary.loading}>
      <KpiButtons summary={summary.data} shapes={shapes.data} alerts={alerts} />
      <div class="explore">
        <ExplorerChart {...{ kpi, timeline, colors, alerts, focused }} />
        <BlameList {...{ kpi, breakdown, colors }} onFocus={setFocused} />
      </div>
      <QualityNote />
    </section>
  );
}
