import type { AlertNames, AlertUnit } from './alerts-answer.js';
import { DAY, HOUR, MINUTE } from '../../units/time.js';

const SECOND = 1000;
/** Names come from outside and can have any length. */
const LONGEST_NAME = 80;

/** Formats a value with its unit: `13.4 s`, `8.4%`, `$1.20 an hour`, with at least `precision` significant digits. */
export function formatValue(value: number, unit: AlertUnit, precision = PRECISION): string {
  switch (unit) {
    case 'ms':
      return formatDuration(value, precision);
    case 'ratio':
      return `${formatNumber(value * 100, precision)}%`;
    case 'usd':
      return formatUsd(value, precision);
    case 'usd_per_hour':
      return `${formatUsd(value, precision)} an hour`;
    case 'per_minute':
      return `${formatNumber(value, precision)} a minute`;
    case 'calls':
      return formatNumber(value, precision);
  }
}

/** Formats a value and its limit with enough digits to distinguish them, unless they are equal. */
export function formatCompared(
  value: number,
  limit: number,
  unit: AlertUnit,
): [value: string, limit: string] {
  const words = (precision: number): [string, string] => [
    formatValue(value, unit, precision),
    formatValue(limit, unit, precision),
  ];
  let compared = words(PRECISION);
  if (value === limit) return compared;
  for (let more = PRECISION + 1; compared[0] === compared[1] && more <= MOST; more++) compared = words(more);
  return compared;
}

/** Significant digits. */
const PRECISION = 3;
/** Decimal digits that a double holds exactly. */
const MOST = 15;

/** Formats a duration: `840 ms`, `1.84 s`, `1.4 min`. */
function formatDuration(ms: number, precision: number): string {
  if (ms < SECOND) return `${formatNumber(ms, precision)} ms`;
  return ms < MINUTE
    ? `${formatNumber(ms / SECOND, precision)} s`
    : `${formatNumber(ms / MINUTE, precision)} min`;
}

/** Formats a configured period: `5 min`, `1 h`, `7 days`. */
export function formatPeriod(ms: number): string {
  if (ms >= 2 * DAY && ms % DAY === 0) return `${ms / DAY} days`;
  if (ms >= HOUR && ms % HOUR === 0) return `${ms / HOUR} h`;
  return ms >= MINUTE ? `${formatNumber(ms / MINUTE)} min` : `${formatNumber(ms / SECOND)} s`;
}

/** Formats USD: `$0`, `$0.000042`, `$0.412`, `$184.20`, `$1,204.00`. Below a dollar with at least two significant digits. */
export function formatUsd(usd: number, precision = PRECISION): string {
  if (usd === 0) return '$0';
  if (usd < LEAST_USD) return `<$${LEAST_USD.toFixed(9)}`;
  const more = precision - PRECISION;
  // Zeros between the decimal point and the first significant digit.
  const zeros = Math.max(0, -Math.floor(Math.log10(usd)) - 1);
  const decimals = Math.min(15, (usd < 1 ? Math.max(3, zeros + 2) : 2) + more);
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })}`;
}

/** Less than any price of a token. */
const LEAST_USD = 1e-9;

/** Formats a number with `precision` significant digits and no trailing zeros; by default, as an integer from 100. */
export function formatNumber(value: number, precision = PRECISION): string {
  if (precision === PRECISION && Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(precision)).toLocaleString('en-US', { maximumFractionDigits: 15 });
}

/** Formats dimension values: `order_dashboard/summarize`, `gpt-4o-mini`; empty for the whole application. */
export function formatNames(names: AlertNames): string {
  return Object.entries(names)
    .map(([dimension, name]) => (name === null || name === undefined ? `no ${dimension}` : formatName(name)))
    .join('/');
}

/** Formats a name on one line of bounded length. */
export function formatName(name: string): string {
  const line = name.replace(/\p{C}+/gu, ' ');
  return line.length > LONGEST_NAME ? `${line.slice(0, LONGEST_NAME)}…` : line;
}
