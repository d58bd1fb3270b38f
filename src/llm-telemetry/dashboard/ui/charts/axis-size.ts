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
