import { useMemo, useRef, useState } from 'preact/hooks';
import type { AlertsResponse, Breakdown, Status, Summary, Timeline } from '../../api/index.js';
import type { ApiResult } from '../api/use-api.js';
import { bucketParameters, byParameters, useMeasures } from '../api/use-measures.js';
import { useNavigation } from '../state/navigation.js';
import { colorsOf, type Colors } from './blame.js';
import { BlameList } from './blame-list.js';
import { useReleases } from './use-releases.js';
import type { Release } from '../charts/releases.js';
import { KpiButtons } from './kpi-buttons.js';
import { KPI_LIST, kpiOf, type Kpi } from './kpis.js';
import { QualityNote } from './quality-note.js';
import { Segmented } from '../components/buttons.js';
import { useNarrow } from '../components/hooks.js';
import { GROUPINGS, type Grouping } from '../state/page-state.js';
import { isRunning } from '../charts/series.js';
import { ChartOrTable, useTable } from '../charts/chart-or-table.js';
import { Failed } from '../components/panel.js';
import { useClock } from '../state/clock.js';
import { lengthText } from '../state/time-range.js';
import { firingsOf, limitOf } from './alert-texts.js';
import { chartLabel, seriesOf } from './grouped-series.js';
import { DAY, HOUR, MINUTE } from '../../../units/time.js';
import { formatPeriod } from '../../../units/format.js';

/** Measures over time and by group. */
export function Explorer({
  summary,
  alerts,
  status,
}: {
  summary: ApiResult<Summary>;
  alerts: AlertsResponse | null;
  status: Status | null;
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
  const releases = useReleases();

  return (
    <section class="card span-12" aria-label="Measures" aria-busy={timeline.loading || summary.loading}>
      <KpiButtons summary={summary.data} shapes={shapes.data} alerts={alerts} />
      <div class="explore">
        <ExplorerChart {...{ kpi, timeline, colors, alerts, releases, focused }} />
        <BlameList {...{ kpi, breakdown, colors }} onFocus={setFocused} />
      </div>
      <QualityNote status={status} />
    </section>
  );
}

const OPTIONS = GROUPINGS.map((by) => [by, by.charAt(0).toUpperCase() + by.slice(1)] as const);

/** Selects the grouping of the explorer: tabs, or a menu on narrow screens. */
export function GroupBy() {
  const { state, go } = useNavigation();
  const choose = (by: Grouping): void => go({ by });
  if (!useNarrow())
    return <Segmented small label="Group by" options={OPTIONS} chosen={state.by} onChoose={choose} />;
  return (
    <select
      class="field small"
      aria-label="Group by"
      value={state.by}
      onChange={({ currentTarget: { value } }) => choose(GROUPINGS.find((by) => by === value) ?? 'feature')}
    >
      {OPTIONS.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}

const HEIGHT = 252;

/** Selected measure over time. */
export function ExplorerChart({
  kpi: selected,
  timeline,
  colors,
  alerts,
  releases,
  focused,
}: {
  kpi: Kpi;
  timeline: ApiResult<Timeline>;
  colors: Colors;
  alerts: AlertsResponse | null;
  releases: readonly Release[];
  focused: string | null;
}) {
  const { state } = useNavigation();
  const { range } = useClock();
  const { data } = timeline;
  // Until the next response, the data belongs to the previous measure, which stays so that nothing moves.
  const plotted = useRef(selected);
  if (!data || selected.metrics.every((metric) => metric in data.total)) plotted.current = selected;
  const kpi = plotted.current;
  const title = `${kpi.label} over time`;
  const { table, button } = useTable('explorer', title);
  const by = (data?.by[0] ?? state.by) as Grouping;
  const series = useMemo(() => (data ? seriesOf(data, by, kpi, colors) : []), [data, kpi, colors]);
  const firings = useMemo(
    () => (data ? firingsOf(alerts, kpi, data.range, state) : []),
    [alerts, data, kpi, state],
  );
  const running = data ? runningNote(data, table) : '';
  const before = useMemo(
    () => (data && state.compare ? data.at.map((_, index) => kpi.at(data.before.total, index)) : null),
    [data, kpi, state.compare],
  );

  return (
    <div>
      <div class="panel-head">
        <h2>
          {kpi.label}
          <span class="wide-only"> over time</span>
        </h2>
        {data && (
          <span class="muted wide-only cut">
            every {bucketText(data.bucketMs)}
            {running && <span class="roomy-only">, {running}</span>}
          </span>
        )}
        <span class="grow" />
        <GroupBy />
        {button}
      </div>
      {timeline.error && !data && <Failed result={timeline} />}
      {data && (
        <ChartOrTable
          table={table}
          label={chartLabel(title, kpi, data, series)}
          height={HEIGHT}
          buckets={data}
          series={series}
          kind={kpi.additive ? 'stack' : 'lines'}
          format={kpi.format}
          before={before}
          beforeLabel={`${lengthText(range)} before`}
          limit={limitOf(alerts, kpi, by)}
          firings={firings}
          releases={releases}
          // A row that disappears under the pointer does not end its highlight.
          focused={series.some(({ name }) => name === focused) ? focused : null}
        />
      )}
      {data && <p class="narrow-only muted small">{running}</p>}
    </div>
  );
}

/** Explains the paler bucket at the end; empty without one. */
function runningNote(data: Timeline, table: boolean): string {
  return !table && isRunning(data, data.at.length - 1) ? 'last bucket incomplete' : '';
}

function bucketText(ms: number): string {
  if (ms === MINUTE) return 'minute';
  if (ms === HOUR) return 'hour';
  return ms === DAY ? 'day' : formatPeriod(ms);
}
