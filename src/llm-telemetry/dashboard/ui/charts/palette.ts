import { currentTheme } from '../state/theme.js';
import type { Colour } from './series.js';

/** The colours of the style sheet, for what is drawn on a canvas. */
export function colour(name: string): string {
  const theme = currentTheme();
  if (theme !== known.theme) known = { theme, colours: new Map() };
  let value = known.colours.get(name);
  if (value === undefined) {
    probe ??= document.body.appendChild(document.createElement('i'));
    probe.hidden = true;
    probe.style.color = `var(--${name})`;
    value = getComputedStyle(probe).color;
    known.colours.set(name, value);
  }
  return value;
}

/** So much of a colour, on the surface of a card. */
export function faded(name: string, share: number): string {
  return `color-mix(in srgb, ${colour(name)} ${share * 100}%, ${colour('surface')})`;
}

/** What fills a bar of a series: the colour; of what has none of its own, a hatching. */
export function fillOf(
  context: CanvasRenderingContext2D,
  series: Colour,
  share: number,
): string | CanvasPattern {
  const plain = share < 1 ? faded(`s${series}`, share) : colour(`s${series}`);
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
let known: { theme: string; colours: Map<string, string> } = { theme: '', colours: new Map() };
