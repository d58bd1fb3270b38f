import type { AlertNames, AlertUnit } from './alerts-answer.js';
import { DAY, HOUR, MINUTE } from '../../units/time.js';

const SECOND = 1000;
/** Names come from outside, and may be of any length. */
const LONGEST_NAME = 80;

/** Formats a value with its unit: `13.4 s`, `8.4%`, `$1.20 an hour`, with at least `precision` significant digits. */
export function valueWords(value: number, unit: AlertUnit, precision = PRECISION): string {
  switch (unit) {
    case 'ms':
      return durationWords(value, precision);
    case 'ratio':
      return `${digits(value * 100, precision)}%`;
    case 'usd':
      return usdWords(value, precision);
    case 'usd_per_hour':
      return `${usdWords(value, precision)} an hour`;
    case 'per_minute':
      return `${digits(value, precision)} a minute`;
    case 'calls':
      return digits(value, precision);
  }
}

/** Formats a value and its limit with as many digits as it takes to tell them apart, unless they are equal. */
export function comparedWords(value: number, limit: number, unit: AlertUnit): [value: string, limit: string] {
  const words = (precision: number): [string, string] => [
    valueWords(value, unit, precision),
    valueWords(limit, unit, precision),
  ];
  let compared = words(PRECISION);
  if (value === limit) return compared;
  for (let more = PRECISION + 1; compared[0] === compared[1] && more <= MOST; more++) compared = words(more);
  return compared;
}

/** Significant digits. */
const PRECISION = 3;
/** All that a double holds exactly. */
const MOST = 15;

/** `840 ms`, `1.84 s`, `1.4 min`. */
function durationWords(ms: number, precision: number): string {
  if (ms < SECOND) return `${digits(ms, precision)} ms`;
  return ms < MINUTE ? `${digits(ms / SECOND, precision)} s` : `${digits(ms / MINUTE, precision)} min`;
}

/** A length of time that was chosen: `5 min`, `1 h`, `7 days`. */
export function periodWords(ms: number): string {
  if (ms >= 2 * DAY && ms % DAY === 0) return `${ms / DAY} days`;
  if (ms >= HOUR && ms % HOUR === 0) return `${ms / HOUR} h`;
  return ms >= MINUTE ? `${digits(ms / MINUTE)} min` : `${digits(ms / SECOND)} s`;
}

/** `$0`, `$0.000042`, `$0.412`, `$184.20`, `$1,204.00`: cents, and below a dollar two significant digits or more. */
export function usdWords(usd: number, precision = PRECISION): string {
  if (usd === 0) return '$0';
  if (usd < LEAST_USD) return `<$${LEAST_USD.toFixed(9)}`;
  const more = precision - PRECISION;
  // Digits after the point that come before the first significant one.
  const zeros = Math.max(0, -Math.floor(Math.log10(usd)) - 1);
  const decimals = Math.min(15, (usd < 1 ? Math.max(3, zeros + 2) : 2) + more);
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })}`;
}

/** Less than any price of a token. */
const LEAST_USD = 1e-9;

/** At least `precision` significant digits, without zeros at the end; whole above 100 unless more are asked for. */
export function digits(value: number, precision = PRECISION): string {
  if (precision === PRECISION && Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(precision)).toLocaleString('en-US', { maximumFractionDigits: 15 });
}

/** `order_dashboard/summarize`, `gpt-4o-mini`; empty for the application as a whole. */
export function namesWords(names: AlertNames): string {
  return Object.entries(names)
    .map(([dimension, name]) => (name === null || name === undefined ? `no ${dimension}` : nameWords(name)))
    .join('/');
}

/** On one line, and not longer than a line. */
export function nameWords(name: string): string {
  const line = name.replace(/\p{C}+/gu, ' ');
  return line.length > LONGEST_NAME ? `${line.slice(0, LONGEST_NAME)}…` : line;
}
