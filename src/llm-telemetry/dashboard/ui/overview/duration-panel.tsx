import { useMemo } from 'preact/hooks';
import type { AlertsResponse, Breakdown } from '../../api/index.js';
import { useMeasures } from '../api/use-measures.js';
import { useTable } from '../charts/chart-or-table.js';
import { lazy } from '../components/lazy.js';
import { Panel } from '../components/panel.js';
import { useNavigation } from '../state/navigation.js';
import { alertFinding } from './alert-texts.js';
import { durationFinding, durationsOf, SHOWN_DURATIONS, type DurationRow } from './findings.js';
import { logAxis } from '../charts/axis.js';
import { duration } from '../formats/formats.js';

const DurationOverTime = lazy(() =>
  import('./duration-over-time.js').then((module) => module.DurationOverTime),
);

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
        <DurationOverTime title={TITLE} table={table} />
      ) : (
        <DurationDumbbells rows={rows.slice(0, SHOWN_DURATIONS)} />
      )}
    </Panel>
  );
}

/** Height shared by the rows, so that few operations still fill the card, CSS pixels. */
const ROOM = 224;

/** P50 and P99 of each operation on one logarithmic axis. */
export function DurationDumbbells({ rows }: { rows: readonly DurationRow[] }) {
  const { at, ticks } = logAxis(
    rows.flatMap(({ p50, p99, limit }) => [p50, p99, ...(limit === null ? [] : [limit])]),
  );
  const height = Math.min(58, Math.max(36, Math.floor(ROOM / Math.max(1, rows.length))));
  const middle = height / 2;
  const x = (ms: number): string => `${at(ms) * 100}%`;
  return (
    <>
      <table class="dumbbells">
        <caption class="sr">P50 and P99 of the duration of calls, by operation</caption>
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <td class="dumbbell-axis" aria-hidden="true">
              {ticks.map((tick) => (
                <span key={tick} style={{ left: x(tick) }}>
                  {tick < 1000 ? `${tick} ms` : `${tick / 1000} s`}
                </span>
              ))}
            </td>
            <th scope="col" class="num">
              P50
            </th>
            <th scope="col" class="num">
              P99
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.operation} ${row.feature}`}>
              <th scope="row" title={`${row.operation} · ${row.feature}`}>
                <span class="dumbbell-name">{row.operation}</span>
                <span class="dumbbell-name muted">{row.feature}</span>
              </th>
              <td aria-hidden="true">
                <svg height={height}>
                  {ticks.map((tick) => (
                    <line key={tick} class="dumbbell-grid" x1={x(tick)} x2={x(tick)} y1="0" y2={height} />
                  ))}
                  {row.limit !== null && (
                    <line
                      class="dumbbell-limit"
                      x1={x(row.limit)}
                      x2={x(row.limit)}
                      y1={middle - 7}
                      y2={middle + 7}
                    />
                  )}
                  <line class="dumbbell-bar" x1={x(row.p50)} x2={x(row.p99)} y1={middle} y2={middle} />
                  <circle class="dumbbell-p50" cx={x(row.p50)} cy={middle} r="4" />
                  <circle class="dumbbell-p99" cx={x(row.p99)} cy={middle} r="5" />
                </svg>
              </td>
              <td class="num muted">{duration(row.p50)}</td>
              <td class="num">{duration(row.p99)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <ul class="legend" aria-hidden="true">
        <li>
          <svg width="10" height="10">
            <circle class="dumbbell-p50" cx="5" cy="5" r="3.5" />
          </svg>
          P50
        </li>
        <li>
          <svg width="10" height="10">
            <circle class="dumbbell-p99" cx="5" cy="5" r="4.5" />
          </svg>
          P99
        </li>
        {rows.some(({ limit }) => limit !== null) && (
          <li>
            <svg width="10" height="12">
              <line class="dumbbell-limit" x1="5" x2="5" y1="0" y2="12" />
            </svg>
            alert limit
          </li>
        )}
      </ul>
    </>
  );
}
