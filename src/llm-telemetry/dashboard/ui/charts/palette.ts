import { currentTheme } from '../state/theme.js';
import type { Color } from './series.js';

/** Returns a color of the style sheet for use on a canvas. */
export function color(name: string): string {
  const theme = currentTheme();
  if (theme !== known.theme) known = { theme, colors: new Map() };
  let value = known.colors.get(name);
  if (value === undefined) {
    probe ??= document.body.appendChild(document.createElement('i'));
    probe.hidden = true;
    probe.style.color = `var(--${name})`;
    value = getComputedStyle(probe).color;
    known.colors.set(name, value);
  }
  return value;
}

/** Mixes a color with the surface of a card. */
export function faded(name: string, share: number): string {
  return `color-mix(in srgb, ${color(name)} ${share * 100}%, ${color('surface')})`;
}

/** Returns the fill of a series: its color, or hatching for series 0. */
export function fillOf(
  context: CanvasRenderingContext2D,
  series: Color,
  share: number,
): string | CanvasPattern {
  const plain = share < 1 ? faded(`s${series}`, share) : color(`s${series}`);
  if (series !== 0) return plain;
  const size = Math.round(5 * devicePixelRatio);
  const tile = new OffscreenCanvas(size, size);
  const draw = tile.getContext('2d')!;
  draw.fillStyle = faded('s0', 0.35 * share);
  draw.fillRect(0, 0, size, size);
  draw.strokeStyle = plain;
  draw.lineWidth = size / 3;
  draw.beginPath();
  for (const shift of [-size, 0, size]) {
    draw.moveTo(shift, size);
    draw.lineTo(shift + size, 0);
  }
  draw.stroke();
  return context.createPattern(tile, 'repeat') ?? plain;
}

let probe: HTMLElement | undefined;
let known: { theme: string; colors: Map<string, string> } = { theme: '', colors: new Map() };
