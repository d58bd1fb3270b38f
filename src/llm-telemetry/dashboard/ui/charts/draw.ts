import type uPlot from 'uplot';
import type { TimeRange } from '../../api/index.js';
import { color, faded, fillOf } from './palette.js';
import type { Release } from './releases.js';
import type { Buckets, ChartSeries } from './series.js';

/** Opacity of the running bucket, whose values are incomplete. */
const RUNNING = 0.45;
/** Opacity of series without focus. */
const UNFOCUSED = 0.22;

/** Returns the opacity of a series. */
function shareOf(series: ChartSeries, focused: string | null): number {
  return focused === null || focused === series.name ? 1 : UNFOCUSED;
}

/** Draws stacked bars without gaps, the first series at the base. */
export function drawStack(
  plot: uPlot,
  series: readonly ChartSeries[],
  { at, bucketMs, asOf }: Buckets,
  focused: string | null,
): void {
  const { ctx } = plot;
  const base = at.map(() => 0);
  const edge = (moment: number): number => Math.round(plot.valToPos(moment, 'x', true));
  for (const one of series) {
    const share = shareOf(one, focused);
    const full = fillOf(ctx, one.color, share);
    const running = fillOf(ctx, one.color, share * RUNNING);
    for (const [index, start] of at.entries()) {
      const value = one.values[index];
      if (!value) continue;
      const bottom = Math.round(plot.valToPos(base[index]!, 'y', true));
      base[index]! += value;
      const top = Math.round(plot.valToPos(base[index]!, 'y', true));
      ctx.fillStyle = start + bucketMs > asOf ? running : full;
      ctx.fillRect(edge(start), top, edge(start + bucketMs) - edge(start), bottom - top);
    }
  }
}

/** Draws lines through the centers of buckets, with gaps where there were no calls. */
export function drawLines(
  plot: uPlot,
  series: readonly ChartSeries[],
  { at, bucketMs, asOf }: Buckets,
  focused: string | null,
): void {
  // The first series is drawn last, on top.
  for (const one of series.toReversed()) {
    const share = shareOf(one, focused);
    const points = pointsOf(plot, one.values, at, bucketMs);
    const runs = (index: number): boolean => at[index]! + bucketMs > asOf;
    for (const [index, point] of points.entries()) {
      if (!point) continue;
      const before = points[index - 1];
      const ink = faded(`s${one.color}`, runs(index) ? share * RUNNING : share);
      if (before) stroke(plot.ctx, [before, point], ink, 1.75);
      else if (!points[index + 1]) dot(plot.ctx, point, ink);
    }
  }
}

/** Draws the previous period: a line with a halo, visible on every color. */
export function drawBefore(
  plot: uPlot,
  values: ReadonlyArray<number | null>,
  { at, bucketMs }: Buckets,
): void {
  const points = pointsOf(plot, values, at, bucketMs);
  for (const [ink, width] of [
    [color('surface'), 3.5],
    [color('ink'), 1.5],
  ] as const) {
    for (const run of runsOf(points)) {
      if (run.length > 1) stroke(plot.ctx, run, ink, width);
      else dot(plot.ctx, run[0]!, ink);
    }
  }
}

export function drawLimit(plot: uPlot, value: number, text: string): void {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(value, 'y', true)) + 0.5;
  if (y < bbox.top) return;
  ctx.save();
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  stroke(
    ctx,
    [
      [bbox.left, y],
      [bbox.left + bbox.width, y],
    ],
    color('bad'),
    1,
  );
  ctx.restore();
  ctx.save();
  ctx.font = labelFont();
  ctx.fillStyle = color('bad');
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  ctx.fillText(text, bbox.left + 4 * devicePixelRatio, y - 3 * devicePixelRatio);
  ctx.restore();
}

function labelFont(): string {
  return `500 ${11 * devicePixelRatio}px Inter, ui-sans-serif, system-ui, sans-serif`;
}

/** Draws the times of releases: thin lines with the versions at the top. Tooltips name those whose labels have no room. */
export function drawReleases(plot: uPlot, releases: readonly Release[]): void {
  const { ctx, bbox } = plot;
  const right = bbox.left + bbox.width;
  const marks = releases
    .map(({ at, version }) => ({ version, x: Math.round(plot.valToPos(at, 'x', true)) + 0.5 }))
    .filter(({ x }) => x >= bbox.left && x <= right);
  for (const { x } of marks) {
    const line: Point[] = [
      [x, bbox.top],
      [x, bbox.top + bbox.height],
    ];
    stroke(ctx, line, color('surface'), 3);
    stroke(ctx, line, color('muted'), 1);
  }
  // After all lines, which must not cross a label, from the latest on.
  const gap = 4 * devicePixelRatio;
  const top = bbox.top + gap / 2;
  ctx.font = labelFont();
  ctx.textAlign = 'left';
  ctx.textBaseline = 'top';
  ctx.lineJoin = 'round';
  ctx.lineWidth = 3 * devicePixelRatio;
  ctx.strokeStyle = color('surface');
  ctx.fillStyle = color('ink-2');
  let free = right;
  for (const { x, version } of marks.toReversed()) {
    // Commit hashes are longer.
    const text = version.slice(0, 12);
    const { width } = ctx.measureText(text);
    // At the right edge, the label is left of its line.
    const start = x + gap + width > right ? x - gap - width : x + gap;
    if (start < bbox.left || start + width > free) continue;
    ctx.strokeText(text, start, top);
    ctx.fillText(text, start, top);
    free = Math.min(x, start) - 2 * gap;
  }
}

/** Draws periods in which an alert fired: a tint behind the data and a line on top. */
export function drawFirings(plot: uPlot, firings: readonly TimeRange[]): void {
  const { ctx, bbox } = plot;
  const right = bbox.left + bbox.width;
  ctx.save();
  ctx.fillStyle = color('bad');
  for (const { from, to } of firings) {
    const start = Math.max(bbox.left, plot.valToPos(from, 'x', true));
    const end = Math.min(right, plot.valToPos(to, 'x', true));
    if (end <= start) continue;
    ctx.globalAlpha = 0.07;
    ctx.fillRect(start, bbox.top, end - start, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(start, bbox.top - 2 * devicePixelRatio, end - start, 2 * devicePixelRatio);
  }
  ctx.restore();
}

type Point = readonly [x: number, y: number];

function pointsOf(
  plot: uPlot,
  values: ReadonlyArray<number | null>,
  at: readonly number[],
  bucketMs: number,
): Array<Point | null> {
  return at.map((start, index) => {
    const value = values[index] ?? null;
    if (value === null) return null;
    return [plot.valToPos(start + bucketMs / 2, 'x', true), plot.valToPos(value, 'y', true)];
  });
}

function runsOf(points: ReadonlyArray<Point | null>): Point[][] {
  const runs: Point[][] = [];
  for (const [index, point] of points.entries()) {
    if (!point) continue;
    if (points[index - 1]) runs.at(-1)!.push(point);
    else runs.push([point]);
  }
  return runs;
}

function stroke(ctx: CanvasRenderingContext2D, points: readonly Point[], ink: string, width: number): void {
  ctx.strokeStyle = ink;
  ctx.lineWidth = width * devicePixelRatio;
  ctx.lineJoin = 'round';
  ctx.lineCap = 'round';
  ctx.beginPath();
  for (const [x, y] of points) ctx.lineTo(x, y);
  ctx.stroke();
}

function dot(ctx: CanvasRenderingContext2D, [x, y]: Point, ink: string): void {
  ctx.fillStyle = ink;
  ctx.beginPath();
  ctx.arc(x, y, 2 * devicePixelRatio, 0, 2 * Math.PI);
  ctx.fill();
}
