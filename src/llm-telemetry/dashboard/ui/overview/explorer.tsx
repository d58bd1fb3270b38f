import { useState } from 'preact/hooks';
import type { AlertsAnswer, Breakdown, Summary, Timeline } from '../../api/index.js';
import type { Answer } from '../api/use-answer.js';
import { bucketParameters, byParameters, useFigures } from '../api/use-figures.js';
import { useNavigation } from '../state/navigation.js';
import { coloursOf } from './blame.js';
import { BlameList } from './blame-list.js';
import { ExplorerChart } from './explorer-chart.js';
import { KpiButtons } from './kpi-buttons.js';
import { KPI_LIST, kpiOf } from './kpis.js';
import { QualityNote } from './quality-note.js';

/** When, and who: a figure over time, and what each feature, operation or model has to do with it. */
export function Explorer({ summary, alerts }: { summary: Answer<Summary>; alerts: AlertsAnswer | null }) {
  const { state } = useNavigation();
  const kpi = kpiOf(state.kpi);
  const [focused, setFocused] = useState<string | null>(null);
  const shapes = useFigures<Timeline>('timeline', {
    metric: [...new Set(KPI_LIST.flatMap(({ metrics }) => metrics))],
    ...bucketParameters(),
  });
  const timeline = useFigures<Timeline>('timeline', {
    metric: kpi.metrics,
    ...byParameters(state.by),
    limit: 50,
    ...bucketParameters(),
  });
  const breakdown = useFigures<Breakdown>('breakdown', {
    ...byParameters(state.by),
    ...(kpi.metrics[0].includes('.') && { quantiles: true }),
  });
  const unfiltered = useFigures<Breakdown>('breakdown', byParameters(state.by), { filtered: false });
  const colours = coloursOf(unfiltered.data, state.by);

  return (
    <section class="card span-12" aria-label="Key figures" aria-busy={timeline.loading || summary.loading}>
      <KpiButtons summary={summary.data} shapes={shapes.data} alerts={alerts} />
      <div class="explore">
        <ExplorerChart {...{ kpi, timeline, colours, alerts, focused }} />
        <BlameList {...{ kpi, breakdown, colours }} onFocus={setFocused} />
      </div>
      <QualityNote />
    </section>
  );
}
