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
