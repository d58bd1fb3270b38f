import type { TimeRange } from '../../api/index.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const PRESETS = { '1h': HOUR, '6h': 6 * HOUR, '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY } as const;

/** A range that ends now. */
export type Preset = keyof typeof PRESETS;

/** What was chosen: a range that moves with time, or one that stands. */
export type RangeChoice = Preset | TimeRange;

export function isPreset(text: string | null): text is Preset {
  return text !== null && Object.hasOwn(PRESETS, text);
}

export function rangeOf(choice: RangeChoice, now: number): TimeRange {
  return typeof choice === 'string' ? { from: now - PRESETS[choice], to: now } : choice;
}

/** An ISO 8601 interval of UTC, in minutes: `2026-11-22T13:45Z/2026-11-23T13:45Z`. */
export function intervalText({ from, to }: TimeRange): string {
  return `${momentText(from)}/${momentText(to)}`;
}

/** `null`: it is none. */
export function intervalOf(text: string | null): TimeRange | null {
  const [from, to, more] = (text ?? '').split('/').map((moment) => Date.parse(moment));
  if (from === undefined || to === undefined || more !== undefined) return null;
  return from < to ? { from, to } : null;
}

function momentText(moment: number): string {
  return `${new Date(moment).toISOString().slice(0, 16)}Z`;
}

/** To whole minutes, at least one: what figures are kept by. */
export function wholeMinutes({ from, to }: TimeRange): TimeRange {
  const start = Math.floor(from / MINUTE) * MINUTE;
  return { from: start, to: Math.max(start + MINUTE, Math.ceil(to / MINUTE) * MINUTE) };
}

/** The range of the same length before it, or after it but not beyond now. */
export function shifted({ from, to }: TimeRange, direction: -1 | 1, now: number): TimeRange {
  const by = Math.min(direction * (to - from), Math.max(0, now - to));
  return wholeMinutes({ from: from + by, to: to + by });
}

/** In words of the API: the length of a range, as people say it. */
export function lengthText({ from, to }: TimeRange): string {
  const minutes = Math.round((to - from) / MINUTE);
  if (minutes < 60) return `${minutes} min`;
  if (minutes % 60 !== 0 && minutes < 2880) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return hours <= 48 || hours % 24 !== 0 ? `${hours} h` : `${hours / 24} d`;
}
