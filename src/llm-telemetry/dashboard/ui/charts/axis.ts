/** Font of the axes, CSS pixels. */
export const AXIS_FONT = '11px Inter, ui-sans-serif, system-ui, sans-serif';

/** Space between the labels of an axis and the plot, CSS pixels. */
export const AXIS_GAP = 6;

const LEAST = 32;

/** Returns the width that a vertical axis needs so that none of its labels is cut off, in CSS pixels. */
export function axisSize(labels: readonly string[], widthOf: (label: string) => number): number {
  const widest = Math.max(0, ...labels.map(widthOf));
  // Canvas text may be wider than measured and is aligned to whole pixels.
  return Math.max(LEAST, Math.ceil(widest) + AXIS_GAP + 3);
}

/** Measures a label as the browser draws it on a canvas, in CSS pixels. */
export function labelWidth(label: string): number {
  canvas ??= document.createElement('canvas').getContext('2d')!;
  canvas.font = AXIS_FONT;
  return canvas.measureText(label).width;
}

let canvas: CanvasRenderingContext2D | undefined;

export interface NiceAxis {
  /** End of the axis, which starts at 0: a multiple of the step, at least the maximum value. */
  readonly top: number;
  readonly step: number;
}

/** Returns an axis from 0 for values up to `max`, with at most `ticks` steps of 1, 2, 2.5 or 5 times a power of ten. */
export function niceAxis(max: number, ticks: number, whole = false): NiceAxis {
  if (!(max > 0)) return { top: 1, step: 1 };
  const power = 10 ** Math.floor(Math.log10(max / ticks));
  const steps = [1, 2, 2.5, 5, 10, 20].map((factor) => clean(factor * power));
  const step =
    steps.find((step) => Math.ceil(clean(max / step)) <= ticks && (!whole || Number.isInteger(step))) ?? 1;
  return { top: clean(Math.ceil(clean(max / step)) * step), step };
}

/** Removes floating-point noise. */
function clean(value: number): number {
  return Number(value.toPrecision(12));
}

/** Returns a logarithmic axis with a margin at both ends. `at` maps a value to 0–1. */
export function logAxis(values: readonly number[]): {
  at: (value: number) => number;
  ticks: readonly number[];
} {
  const low = Math.log10(Math.max(1, Math.min(...values)) / 1.6);
  const high = Math.log10(Math.max(10, ...values) * 1.25);
  const at = (value: number): number => (Math.log10(Math.max(1, value)) - low) / (high - low);
  const ticks = [10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].filter((tick) => at(tick) > 0.02 && at(tick) < 0.98);
  return { at, ticks };
}
