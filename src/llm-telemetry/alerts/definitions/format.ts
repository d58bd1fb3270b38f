import type { AlertNames, AlertUnit } from './alerts-answer.js';
import { PRECISION, formatDuration, formatNumber, formatUsd } from '../../units/format.js';

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

/** Decimal digits that a double holds exactly. */
const MOST = 15;

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
