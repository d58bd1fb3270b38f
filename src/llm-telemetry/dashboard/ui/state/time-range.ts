import { counted } from '../formats/formats.js';
import type { TimeRange } from '../../api/index.js';
import { DAY, HOUR, MINUTE } from '../../../units/time.js';

export const PRESETS = {
  '15m': 15 * MINUTE,
  '1h': HOUR,
  '6h': 6 * HOUR,
  '24h': DAY,
  '7d': 7 * DAY,
  '30d': 30 * DAY,
} as const;

/** Range that ends now. */
export type Preset = keyof typeof PRESETS;

/** Moving range (`fit`: the default, the preset that fits the data) or fixed range. */
export type RangeChoice = Preset | 'fit' | TimeRange;

let firstCallAt: number | null = null;

/** Sets the time of the first call in the store, which `fit` depends on; `null`: not known, or no calls yet. */
export function setFirstCall(at: number | null): void {
  firstCallAt = at;
}

/** Returns the time of the first call in the store; `null`: not known, or no calls yet. */
export function firstCall(): number | null {
  return firstCallAt;
}

/** Returns the shortest preset, at most 24 hours, that holds all calls since the first one. */
export function fittingPreset(first: number | null, now: number): Preset {
  if (first === null) return '24h';
  const fitting = (['15m', '1h', '6h'] as const).find((preset) => now - first <= PRESETS[preset] - MINUTE);
  return fitting ?? '24h';
}

/** Returns the preset that a choice stands for; `null`: the range is fixed. */
export function presetOf(choice: RangeChoice, now: number): Preset | null {
  if (typeof choice !== 'string') return null;
  return choice === 'fit' ? fittingPreset(firstCallAt, now) : choice;
}

export function isPreset(text: string | null): text is Preset {
  return text !== null && Object.hasOwn(PRESETS, text);
}

/** Returns the range of a choice. Presets end with the running minute, so that minute buckets are complete. */
export function rangeOf(choice: RangeChoice, now: number): TimeRange {
  if (typeof choice !== 'string') return choice;
  const to = Math.ceil(now / MINUTE) * MINUTE;
  return { from: to - PRESETS[presetOf(choice, now)!], to };
}

/** Formats a range as an ISO 8601 interval in UTC, in minutes: `2026-11-22T13:45Z/2026-11-23T13:45Z`. */
export function intervalText({ from, to }: TimeRange): string {
  return `${momentText(from)}/${momentText(to)}`;
}

/** Parses an ISO 8601 interval; `null` if it is invalid. */
export function intervalOf(text: string | null): TimeRange | null {
  const [from, to, more] = (text ?? '').split('/').map((moment) => Date.parse(moment));
  if (from === undefined || to === undefined || more !== undefined) return null;
  return from >= EARLIEST && from < to && to <= LATEST ? { from, to } : null;
}

/** Limits of the API. */
const EARLIEST = Date.UTC(2000);
const LATEST = Date.UTC(2100);

function momentText(moment: number): string {
  return `${new Date(moment).toISOString().slice(0, 16)}Z`;
}

/** Widens a range to whole minutes, the resolution of measures. */
export function wholeMinutes({ from, to }: TimeRange): TimeRange {
  const start = Math.floor(from / MINUTE) * MINUTE;
  return { from: start, to: Math.max(start + MINUTE, Math.ceil(to / MINUTE) * MINUTE) };
}

/** Returns the adjacent range of the same length, in whole minutes, not beyond now. */
export function shifted(range: TimeRange, direction: -1 | 1, now: number): TimeRange {
  const { from, to } = wholeMinutes(range);
  const latest = Math.ceil(now / MINUTE) * MINUTE;
  const by = Math.min(direction * (to - from), Math.max(0, latest - to));
  return { from: from + by, to: to + by };
}

/**
 * Returns the adjacent choice. A moving range is already the latest. A fixed range that reaches now becomes the preset of
 * its length, if there is one.
 */
export function shiftedChoice(choice: RangeChoice, direction: -1 | 1, now: number): RangeChoice {
  const moves = typeof choice === 'string';
  if (moves && direction > 0) return choice;
  const range = shifted(rangeOf(choice, moves ? Math.ceil(now / MINUTE) * MINUTE : now), direction, now);
  if (range.to < now) return range;
  const length = range.to - range.from;
  return (Object.keys(PRESETS) as Preset[]).find((preset) => PRESETS[preset] === length) ?? range;
}

/** Returns the length of a range in words: `15 minutes`, `1 hour`, `7 days`. */
export function lengthWords({ from, to }: TimeRange): string {
  const minutes = Math.round((to - from) / MINUTE);
  // Widening to whole minutes adds up to a minute.
  if (minutes < 58) return counted(minutes, 'minute');
  const hours = Math.round(minutes / 60);
  return hours <= 48 ? counted(hours, 'hour') : counted(Math.round(hours / 24), 'day');
}

/** Returns the length of a range in short form: `15 min`, `6 h`, `7 d`. */
export function lengthText({ from, to }: TimeRange): string {
  const minutes = Math.round((to - from) / MINUTE);
  if (minutes < 60) return `${minutes} min`;
  if (minutes % 60 !== 0 && minutes < 2880) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return hours <= 48 || hours % 24 !== 0 ? `${hours} h` : `${hours / 24} d`;
}
