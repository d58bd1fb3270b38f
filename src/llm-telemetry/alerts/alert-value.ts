/** Formats of alert values: for messages, and shorter ones for the dashboard. Runs in a browser too. */
import { PRECISION, formatDuration, formatNumber, formatUsd } from '../units/format.js';
import type { AlertUnit } from './definitions/alert.js';

export interface AlertFormat {
  /** Minimum of significant digits. @defaultValue 3 */
  readonly precision?: number;
  /** Abbreviates units: `$1.20/h`. @defaultValue false */
  readonly short?: boolean;
}

/** Formats a value with its unit: `13.4 s`, `8.4%`, `$1.20 an hour`. */
export function formatValue(
  value: number,
  unit: AlertUnit,
  { precision = PRECISION, short = false }: AlertFormat = {},
): string {
  switch (unit) {
    case 'ms':
      return formatDuration(value, precision);
    case 'ratio':
      return `${formatNumber(value * 100, precision)}%`;
    case 'usd':
      return formatUsd(value, precision);
    case 'usd_per_hour':
      return `${formatUsd(value, precision)}${short ? '/h' : ' an hour'}`;
    case 'per_minute':
      return `${formatNumber(value, precision)}${short ? '/min' : ' a minute'}`;
    case 'calls':
      return formatNumber(value, precision);
  }
}

/** Decimal digits that a double holds exactly. */
const MAX_PRECISION = 15;

/** Formats a value and its limit with enough digits to distinguish them, unless they are equal. */
export function formatCompared(
  value: number,
  limit: number,
  unit: AlertUnit,
  { precision = PRECISION, short }: AlertFormat = {},
): [value: string, limit: string] {
  const valueText = formatValue(value, unit, { precision, short });
  const limitText = formatValue(limit, unit, { precision, short });
  if (valueText !== limitText || value === limit || precision >= MAX_PRECISION) return [valueText, limitText];
  return formatCompared(value, limit, unit, { precision: precision + 1, short });
}
