import { useMemo } from 'preact/hooks';
import type { AlertsResponse, Timeline } from '../../api/index.js';
import type { ApiResult } from '../api/use-api.js';
import { isRunning } from '../charts/buckets.js';
import { ChartOrTable, useTable } from '../charts/chart-or-table.js';
import { Failed } from '../components/panel.js';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import type { Grouping } from '../state/page-state.js';
import { lengthText } from '../state/time-range.js';
import { firingsOf, limitOf } from './alert-texts.js';
import type { Colors } from './blame.js';
import { chartLabel } from './chart-label.js';
import { GroupBy } from './group-by.js';
import { seriesOf } from './grouped-series.js';
import type { Kpi } from './kpis.js';
import { DAY, HOUR, MINUTE } from '../../../units/time.js';
import { formatPeriod } from '../../../units/format.js';

const HEIGHT = 252;

/** Selected measure over time. */
export function ExplorerChart({
  kpi,
  timeline,
  colors,
  alerts,
  focused,
}: {
  kpi: Kpi;
  timeline: ApiResult<Timeline>;
  colors: Colors;
  alerts: AlertsResponse | null;
  focused: string | null;
}) {
  const { state } = useNavigation();
  const { range } = useClock();
  const { data } = timeline;
  const title = `${kpi.label} over time`;
  const { table, button } = useTable('explorer', title);
  // Until the next response, the data belongs to the previous measure.
  const isOfKpi = data !== null && kpi.metrics.every((metric) => metric in data.total);
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
            {running && `, ${running}`}
          </span>
        )}
        <span class="grow" />
        <GroupBy />
        {button}
      </div>
      {timeline.error && !data && <Failed result={timeline} />}
      {data && isOfKpi && (
        <ChartOrTable
          table={table}
          label={chartLabel(title, kpi, data, series)}
          height={HEIGHT}
          buckets={data}
          series={series}
          kind={kpi.additive ? 'stack' : 'lines'}
          figure={kpi.figure}
          before={before}
          beforeLabel={`${lengthText(range)} before`}
          limit={limitOf(alerts, kpi, by)}
          firings={firings}
          focused={focused}
        />
      )}
      {data && isOfKpi && <p class="narrow-only muted small">{running}</p>}
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
