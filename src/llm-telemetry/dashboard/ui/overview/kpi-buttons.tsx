import type { AlertsResponse, Summary, Timeline } from '../../api/index.js';
import { isRunning } from '../charts/buckets.js';
import { Sparkline } from '../charts/sparkline.js';
import { Triangle } from '../components/icons.js';
import { useNavigation } from '../state/navigation.js';
import { isFiring } from './alert-texts.js';
import { KPI_LIST, type Kpi } from './kpis.js';

/** Buttons with the current measures; the selected one is plotted. */
export function KpiButtons({
  summary,
  shapes,
  alerts,
}: {
  summary: Summary | null;
  shapes: Timeline | null;
  alerts: AlertsResponse | null;
}) {
  const { state } = useNavigation();
  return (
    <div class="kpis" role="group" aria-label="Measures. Select one to plot it.">
      {KPI_LIST.map((kpi) => (
        <KpiButton
          key={kpi.name}
          kpi={kpi}
          summary={summary}
          shapes={shapes}
          firing={isFiring(alerts, kpi, state)}
        />
      ))}
    </div>
  );
}

function KpiButton({
  kpi,
  summary,
  shapes,
  firing,
}: {
  kpi: Kpi;
  summary: Summary | null;
  shapes: Timeline | null;
  firing: boolean;
}) {
  const { state, go } = useNavigation();
  const text = summary && kpi.text(summary, state.compare ? summary.before : null);
  return (
    <button
      class="kpi"
      type="button"
      aria-pressed={kpi.name === state.kpi}
      onClick={() => go({ kpi: kpi.name })}
    >
      <span class="kpi-label">
        {kpi.label}
        {firing && (
          <span class="state bad">
            <Triangle />
            <span class="sr">alert firing</span>
          </span>
        )}
      </span>
      <span class="kpi-value">
        {text?.lowerBound && (
          <small title="Lower bound: some calls have no price or no usage">
            ≥<span class="sr"> at least</span>{' '}
          </small>
        )}
        {text?.value === 'unpriced' ? <span class="muted dotted">unpriced</span> : text?.value}
        {text?.unit && <small> {text.unit}</small>}
      </span>
      <span class="kpi-detail">{text?.detail}</span>
      <Sparkline values={shapes ? shapeOf(shapes, kpi) : []} bad={firing} />
    </button>
  );
}

/** Returns the values without the running bucket, which would look like a drop. */
function shapeOf(shapes: Timeline, kpi: Kpi): Array<number | null> {
  const ended = shapes.at.filter((_, index) => !isRunning(shapes, index));
  return ended.map((_, index) => kpi.at(shapes.total, index));
}
