/**
 * Rounds numbers to their measurement precision: milliseconds to three decimals, quantiles to four significant digits (their
 * accuracy is 1 %), USD to 10⁻¹² USD. Texts, counts and data of the application (`attributes`, `parameters`, `content`) are
 * not changed.
 */
export function rounded<T>(data: T): T {
  return roundedAs(data, '') as T;
}

function roundedAs(value: unknown, name: string): unknown {
  if (typeof value === 'number') return roundedNumber(value, name);
  if (typeof value !== 'object' || value === null || OF_APPLICATION.has(name)) return value;
  // Numbers in a list are named like the list.
  if (Array.isArray(value)) return value.map((item) => roundedAs(item, name));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, roundedAs(part, key)]));
}

function roundedNumber(value: number, name: string): number {
  if (QUANTILE.test(name)) return Number(value.toPrecision(4));
  if (MILLISECONDS.test(name)) return atMost(value, 3);
  // Values of alerts are milliseconds, USD or ratios.
  if (name === 'value') return atMost(value, 6);
  // Above $9,000, a double has fewer than twelve decimals anyway.
  return USD.test(name) ? atMost(value, 12) : value;
}

/** Rounds to a number of decimals, and never to -0. */
function atMost(value: number, decimals: number): number {
  return Number.isFinite(value) ? Number(value.toFixed(decimals)) + 0 : value;
}

const QUANTILE = /(?:^|\.)(?:p50|p90|p95|p99|max)$/;
const MILLISECONDS = /(?:Ms|At)$|^(?:at|asOf|from|to|oldest|newest|since|searchedTo)$/;
const USD = /Usd$/;
/** Data that is not rounded. */
const OF_APPLICATION = new Set(['attributes', 'parameters', 'content', 'rateLimits', 'names', 'identity']);
