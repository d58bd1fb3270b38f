import uPlot from 'uplot';
import type { TimeRange } from '../../api/index.js';
import { clockTime, day } from '../formats/formats.js';
import type { MeasureFormat } from '../formats/measure-formats.js';
import { AXIS_FONT, AXIS_GAP, axisSize, labelWidth, niceAxis, type NiceAxis } from './axis.js';
import { rangeOfBuckets, totalAt, type Buckets, type ChartSeries } from './series.js';
import { drawBefore, drawFirings, drawLimit, drawLines, drawReleases, drawStack } from './draw.js';
import type { Release } from './releases.js';
import { color } from './palette.js';
import { DAY, HOUR } from '../../../units/time.js';

/** Data of a plot. */
export interface Picture {
  readonly buckets: Buckets;
  readonly series: readonly ChartSeries[];
  /** Additive values are stacked; rates and quantiles are lines. */
  readonly kind: 'stack' | 'lines';
  readonly format: MeasureFormat;
  readonly before: ReadonlyArray<number | null> | null;
  readonly limit: number | null;
  readonly firings: readonly TimeRange[];
  readonly releases: readonly Release[];
  /** Name of the series with focus. */
  readonly focused: string | null;
}

/** Synchronizes the cursors of all charts. */
const SYNC = 'time';
/** A shorter drag is a click. */
const MIN_DRAG_PX = 6;

/**
 * Creates a plot. uPlot provides axes, grid, cursor and selection; `draw.ts` draws the data that `picture` returns at the
 * time of drawing.
 */
export function createPlot(
  host: HTMLElement,
  height: number,
  picture: () => Picture,
  on: { cursor: (index: number | null, left: number) => void; zoom: (range: TimeRange) => void },
): uPlot {
  const axis = (): NiceAxis => axisOf(picture(), height);
  const plot = new uPlot(
    {
      width: host.clientWidth || 300,
      height,
      ms: 1,
      legend: { show: false },
      padding: [8, 2, 0, 0],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
        sync: { key: SYNC, setSeries: false },
        bind: { dblclick: () => null },
      },
      scales: {
        x: { time: true, range: () => spanOf(picture().buckets) },
        y: { range: () => [0, axis().top] },
      },
      axes: [
        {
          stroke: () => color('muted'),
          font: AXIS_FONT,
          grid: { show: false },
          ticks: { show: false },
          size: 24,
          gap: 6,
          space: 80,
          values: (plot, moments, _, __, step) =>
            moments.map((moment) =>
              isNearEdge(plot, moment) ? '' : timeTick(moment, step, picture().buckets),
            ),
        },
        {
          stroke: () => color('muted'),
          font: AXIS_FONT,
          grid: { stroke: () => color('grid'), width: 1 },
          ticks: { show: false },
          size: (_, labels) => axisSize(labels ?? [], labelWidth),
          gap: AXIS_GAP,
          splits: () => ticksOf(axis()),
          values: (_, values) => values.map((value) => picture().format.tick(value, axis().top, axis().step)),
        },
      ],
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: {
        drawClear: [(plot) => onCanvas(plot, () => drawFirings(plot, picture().firings))],
        draw: [(plot) => onCanvas(plot, () => drawPicture(plot, picture()))],
        setCursor: [
          ({ cursor, over }) => {
            const { idx, left = -1 } = cursor;
            on.cursor(left < 0 ? null : (idx ?? null), left + over.offsetLeft);
          },
        ],
        setSelect: [
          (plot) => {
            const { left, width } = plot.select;
            plot.setSelect(NO_SELECTION, false);
            if (width < MIN_DRAG_PX) return;
            on.zoom(
              wholeBuckets(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'), picture().buckets),
            );
          },
        ],
      },
    },
    dataOf(picture().buckets),
    host,
  );
  dragByTouch(plot);
  return plot;
}

/** Adds touch selection, which uPlot lacks: horizontal moves select, vertical moves scroll the page. */
function dragByTouch(plot: uPlot): void {
  const { over } = plot;
  let from: number | null = null;
  const at = ({ clientX }: PointerEvent): number => {
    const { left, width } = over.getBoundingClientRect();
    return Math.min(width, Math.max(0, clientX - left));
  };
  const select = (to: number, done: boolean): void => {
    plot.setCursor({ left: to, top: 10 });
    plot.setSelect(
      { left: Math.min(from!, to), top: 0, width: Math.abs(to - from!), height: over.clientHeight },
      done,
    );
  };
  over.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch') from = at(event);
  });
  over.addEventListener('pointermove', (event) => {
    if (from !== null) select(at(event), false);
  });
  over.addEventListener('pointerup', (event) => {
    if (from !== null) select(at(event), true);
    from = null;
  });
  over.addEventListener('pointercancel', () => {
    from = null;
    plot.setSelect(NO_SELECTION, false);
  });
}

const NO_SELECTION = { left: 0, top: 0, width: 0, height: 0 };

/** Shows a selection of buckets; `from: null` clears it. */
export function selectBuckets(plot: uPlot, buckets: Buckets, from: number | null, to: number): void {
  if (from === null) return plot.setSelect(NO_SELECTION, false);
  const range = rangeOfBuckets(buckets, from, to);
  const left = plot.valToPos(range.from, 'x');
  plot.setSelect(
    { left, top: 0, width: plot.valToPos(range.to, 'x') - left, height: plot.over.clientHeight },
    false,
  );
}

/** Restores the canvas state, which uPlot caches. */
function onCanvas({ ctx }: uPlot, draw: () => void): void {
  ctx.save();
  draw();
  ctx.restore();
}

function drawPicture(
  plot: uPlot,
  { series, buckets, kind, before, limit, format, focused, releases }: Picture,
): void {
  (kind === 'stack' ? drawStack : drawLines)(plot, series, buckets, focused);
  if (before) drawBefore(plot, before, buckets);
  drawReleases(plot, releases);
  if (limit !== null) drawLimit(plot, limit, `Alert above ${format.tick(limit, limit)}`);
}

/** Returns the centers of buckets, so that uPlot finds the bucket under the pointer. */
export function dataOf({ at, bucketMs }: Buckets): uPlot.AlignedData {
  return [at.map((start) => start + bucketMs / 2), at.map(() => 0)];
}

function axisOf({ series, kind, before, limit, format, buckets }: Picture, height: number): NiceAxis {
  const values =
    kind === 'stack'
      ? buckets.at.map((_, index) => totalAt(series, index) ?? 0)
      : series.flatMap((one) => one.values.map((value) => value ?? 0));
  // Leaves room for the label of the limit.
  const max = Math.max(0, ...values, ...(before ?? []).map((value) => value ?? 0), (limit ?? 0) * 1.12);
  return niceAxis(max, height > 200 ? 4 : 3, format.whole);
}

function ticksOf({ top, step }: NiceAxis): number[] {
  return Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
}

function spanOf({ at, bucketMs }: Buckets): [number, number] {
  const first = at[0] ?? 0;
  return [first, (at.at(-1) ?? first) + bucketMs];
}

/** Returns true if a label would be cut off at the right edge. */
function isNearEdge(plot: uPlot, moment: number): boolean {
  return plot.valToPos(moment, 'x') > plot.bbox.width / devicePixelRatio - 16;
}

function timeTick(moment: number, step: number, buckets: Buckets): string {
  const [from, to] = spanOf(buckets);
  const isMidnight = clockTime(moment) === '00:00';
  if (step >= DAY || (isMidnight && to - from > 36 * HOUR)) return day(moment);
  return clockTime(moment);
}

function wholeBuckets(from: number, to: number, { at, bucketMs }: Buckets): TimeRange {
  const inside = at.filter((start) => start + bucketMs > from && start < to);
  const first = inside[0] ?? from;
  return { from: first, to: (inside.at(-1) ?? first) + bucketMs };
}
