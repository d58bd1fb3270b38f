/**
 * Formats of USD, durations and numbers for people: alert messages, budgets, the command line and the dashboard. Runs in a
 * browser too. Unknown values are handled by the caller.
 */
import { DAY, HOUR, MINUTE, SECOND } from './time.js';

const LOCALE = 'en-US';
/** Significant digits. */
export const PRECISION = 3;

function dollars(usd: number, least: number, most = least): string {
  return `$${usd.toLocaleString(LOCALE, { minimumFractionDigits: least, maximumFractionDigits: most })}`;
}

/**
 * Formats USD in sentences: `$0`, `$0.000042`, `$0.412`, `$184.20`, `$1,204.00`. Below a dollar with at least two
 * significant digits, and with more if `precision` is greater.
 */
export function formatUsd(usd: number, precision = PRECISION): string {
  if (usd === 0) return '$0';
  if (usd < LEAST_USD) return `<${dollars(LEAST_USD, 9)}`;
  const more = precision - PRECISION;
  // Zeros between the decimal point and the first significant digit.
  const zeros = Math.max(0, -Math.floor(Math.log10(usd)) - 1);
  return dollars(usd, Math.min(15, (usd < 1 ? Math.max(3, zeros + 2) : 2) + more));
}

/** Less than any price of a token. */
const LEAST_USD = 1e-9;

/** Formats limits and prices: `$10`, `$0.15`, `$4,500`, `$0.0375`. All digits, but no cents for whole dollars. */
export function formatExactUsd(usd: number): string {
  return dollars(usd, Number.isInteger(usd) ? 0 : 2, 12);
}

/** Formats USD on the page: `$12,340`, `$184.20`, `$0.412`, `$0`. At most five decimals. */
export function money(usd: number): string {
  if (usd === 0) return '$0';
  return usd < LEAST_SHOWN_USD ? `<${dollars(LEAST_SHOWN_USD, 5)}` : dollars(usd, moneyDigits(usd));
}

/** Returns a format with one precision for all amounts of a column or tooltip: that of the greatest. */
export function moneyLike(usds: readonly number[]): (usd: number) => string {
  const digits = moneyDigits(Math.max(0, ...usds));
  const least = 10 ** -digits;
  return (usd) => {
    if (usd === 0) return '$0';
    return usd < least / 2 ? `<${dollars(least, digits)}` : dollars(usd, digits);
  };
}

/** Formats the cost of one call with five decimals. Leading zeros are separate, so that they can be muted. */
export function callMoney(usd: number): { readonly zeros: string; readonly rest: string } {
  if (usd === 0 || usd < LEAST_SHOWN_USD) return { zeros: '', rest: money(usd) };
  const text = dollars(usd, 5);
  const zeros = /^\$0\.0*/.exec(text)?.[0] ?? '';
  return { zeros, rest: text.slice(zeros.length) };
}

/** Formats all digits of an amount without an exponent: `$0.0000435`. */
export function exactMoney(usd: number): string {
  const [digits = '', exponent = '0'] = Number(usd.toPrecision(12)).toExponential().split('e');
  const decimals = Math.max(0, (digits.split('.')[1] ?? '').length - Number(exponent));
  return usd === 0 ? '$0' : dollars(usd, Math.min(20, Math.max(2, decimals)));
}

const LEAST_SHOWN_USD = 0.00001;

/** Returns the number of decimals for amounts up to `max`. */
function moneyDigits(max: number): number {
  if (max >= 10_000) return 0;
  if (max >= 1) return 2;
  return max >= 0.001 || max === 0 ? 3 : 5;
}

/** Formats a duration in sentences: `840 ms`, `1.84 s`, `1.4 min`. */
export function formatDuration(ms: number, precision = PRECISION): string {
  if (ms < SECOND) return `${formatNumber(ms, precision)} ms`;
  return ms < MINUTE
    ? `${formatNumber(ms / SECOND, precision)} s`
    : `${formatNumber(ms / MINUTE, precision)} min`;
}

/** Formats a duration on the page: `840 ms`, `1.84 s`, `13.4 s`, `1 m 24 s`, `2 h 05 m`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${ms > 0 && ms < 1 ? '<1' : Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / SECOND).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / SECOND).toFixed(1)} s`;
  const seconds = Math.round(ms / SECOND);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} m`;
}

/** Formats a configured period or the length of a bucket: `5 min`, `90 min`, `1 h`, `7 days`. */
export function formatPeriod(ms: number): string {
  if (ms >= 2 * DAY && ms % DAY === 0) return `${ms / DAY} days`;
  if (ms >= HOUR && ms % HOUR === 0) return `${ms / HOUR} h`;
  return ms >= MINUTE ? `${formatNumber(ms / MINUTE)} min` : `${formatNumber(ms / SECOND)} s`;
}

/** Formats a number with `precision` significant digits and no trailing zeros; by default, as an integer from 100. */
export function formatNumber(value: number, precision = PRECISION): string {
  if (precision === PRECISION && Math.abs(value) >= 100) return Math.round(value).toLocaleString(LOCALE);
  return Number(value.toPrecision(precision)).toLocaleString(LOCALE, { maximumFractionDigits: 15 });
}

/** Formats a number below 100 with two digits, as in times: `05`. */
export function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
