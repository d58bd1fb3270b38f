import type { AlertsResponse, Summary, Timeline } from '../../api/index.js';
import { isRunning } from '../charts/series.js';
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

const WIDTH = 52;
const HEIGHT = 18;
const POINTS = 32;

/** Shape of a measure over time. The numbers are displayed beside it. */
export function Sparkline({ values, bad }: { values: ReadonlyArray<number | null>; bad: boolean }) {
  if (values.every((value) => value === null)) return null;
  const points = shape(values);
  const last = points.at(-1);
  if (!last || points.length < 2) return null;
  return (
    <svg class="spark" viewBox={`-3 -3 ${WIDTH + 6} ${HEIGHT + 6}`} aria-hidden="true">
      <polyline points={points.map((point) => point.join()).join(' ')} />
      <circle cx={last[0]} cy={last[1]} r="2.2" class={bad ? 'bad' : undefined} />
    </svg>
  );
}

function shape(values: ReadonlyArray<number | null>): Array<[x: number, y: number]> {
  const thinned = thin(values.map((value) => value ?? 0));
  const top = Math.max(...thinned) || 1;
  const bottom = Math.min(...thinned) * 0.9;
  return thinned.map((value, index) => [
    round((index / (thinned.length - 1)) * WIDTH),
    round(HEIGHT - ((value - bottom) / (top - bottom || 1)) * (HEIGHT - 2)),
  ]);
}

/** Downsamples by averaging neighbors: more points than pixels would be noise. */
function thin(values: readonly number[]): number[] {
  const size = Math.ceil(values.length / POINTS);
  const means: number[] = [];
  for (let start = 0; start < values.length; start += size) {
    const some = values.slice(start, start + size);
    means.push(some.reduce((sum, value) => sum + value, 0) / some.length);
  }
  return means;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
