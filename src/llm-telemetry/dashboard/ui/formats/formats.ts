/**
 * Formats of all numbers, durations and timestamps of the page. Unknown values (`unpriced`, “no calls”) are handled by
 * the caller.
 */
import { twoDigits } from '../../../units/format.js';

export { callMoney, duration, exactMoney, money, moneyLike } from '../../../units/format.js';

const LOCALE = 'en-US';

/** Exact below 100,000; then `182K`, `92.4M`, `1.20B`. */
export function count(value: number): string {
  if (value < 99_999.5) return wholeCount(value);
  if (value < 999_500) return `${Math.round(value / 1e3)}K`;
  return value < 999_950_000 ? `${(value / 1e6).toFixed(1)}M` : `${(value / 1e9).toFixed(2)}B`;
}

export function wholeCount(value: number): string {
  return Math.round(value).toLocaleString(LOCALE);
}

/** `3,214 calls`, `1 call`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${wholeCount(value)} ${Math.round(value) === 1 ? one : many}`;
}

/** `<0.1%`, `8.4%`, `46%`, `>99%`: 0% and 100% are exact. */
export function percent(ratio: number): string {
  if (ratio === 0) return '0%';
  if (ratio >= 0.995 && ratio < 1 - 1e-9) return '>99%';
  if (ratio < 0.001) return '<0.1%';
  return ratio < 0.0995 ? `${(ratio * 100).toFixed(1)}%` : `${Math.round(ratio * 100)}%`;
}

/** `412 MB`. */
export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  let scaled = value / 1024;
  while (scaled >= 1023.5 && units.length > 1) {
    scaled /= 1024;
    units.shift();
  }
  return `${scaled < 9.95 ? scaled.toFixed(1) : Math.round(scaled)} ${units[0]}`;
}

/** `↑ 31%`, `↓ 2%`, `±0%`, `new`; `null` without a value to compare. */
export function change(now: number, before: number | null): string | null {
  if (before === null || (before === 0 && now === 0)) return null;
  if (before === 0) return 'new';
  const ratio = now / before - 1;
  const size = Math.abs(ratio);
  if (size < 0.005) return '±0%';
  const text = size >= 10 ? `${wholeCount(now / before)}×` : `${Math.round(size * 100)}%`;
  return `${ratio > 0 ? '↑' : '↓'} ${text}`;
}

/** Change of a rate in percentage points: `↑ 1.8 pt`; `null` without a value to compare. */
export function points(now: number, before: number | null): string | null {
  if (before === null) return null;
  const size = Math.abs(now - before) * 100;
  return size < 0.05 ? '±0 pt' : `${now > before ? '↑' : '↓'} ${size.toFixed(1)} pt`;
}

/** `14:45`, local. */
export function clockTime(moment: number): string {
  const date = new Date(moment);
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;
}

/** `14:44:58`, local. */
export function clockSeconds(moment: number): string {
  return `${clockTime(moment)}:${twoDigits(new Date(moment).getSeconds())}`;
}

/** `14:44:58.204`, local. */
export function clockMillis(moment: number): string {
  return `${clockSeconds(moment)}.${String(new Date(moment).getMilliseconds()).padStart(3, '0')}`;
}

/** `23 Nov`, local. */
export function day(moment: number): string {
  const date = new Date(moment);
  return `${date.getDate()} ${MONTHS[date.getMonth()]}`;
}

/** `23 Nov 2026`, local. */
export function dayOfYear(moment: number): string {
  return `${day(moment)} ${new Date(moment).getFullYear()}`;
}

/** `14:45` for today, `23 Nov, 14:45` for other days. */
export function moment(at: number, now: number): string {
  return dayOfYear(at) === dayOfYear(now) ? clockTime(at) : `${day(at)}, ${clockTime(at)}`;
}

/** Local offset at a time: `UTC+1`, `UTC−3:30`. */
export function utcOffset(at: number): string {
  const minutes = -new Date(at).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const rest = Math.abs(minutes) % 60;
  return `UTC${minutes > 0 ? '+' : '−'}${Math.floor(Math.abs(minutes) / 60)}${rest ? `:${twoDigits(rest)}` : ''}`;
}

/** `22 Nov 14:45 – 23 Nov 14:45, UTC+1`. */
export function rangeText({ from, to }: { from: number; to: number }): string {
  const end = dayOfYear(from) === dayOfYear(to) ? clockTime(to) : `${day(to)} ${clockTime(to)}`;
  return `${day(from)} ${clockTime(from)} – ${end}, ${utcOffset(to)}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
