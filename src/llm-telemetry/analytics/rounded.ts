/**
 * Returns the same data with numbers as precise as they were measured: milliseconds with three decimals, quantiles with
 * four significant digits (they are known within 1 %), USD in whole units of 10⁻¹² USD. Texts, counts, and what the
 * application added itself (`attributes`, `parameters`, `content`) stay as they are.
 */
export function rounded<T>(data: T): T {
  return roundedAs(data, '') as T;
}

function roundedAs(value: unknown, name: string): unknown {
  if (typeof value === 'number') return roundedNumber(value, name);
  if (typeof value !== 'object' || value === null || OF_APPLICATION.has(name)) return value;
  // The numbers of a list are what the list is called.
  if (Array.isArray(value)) return value.map((item) => roundedAs(item, name));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, roundedAs(part, key)]));
}

function roundedNumber(value: number, name: string): number {
  if (QUANTILE.test(name)) return Number(value.toPrecision(4));
  if (MILLISECONDS.test(name)) return atMost(value, 3);
  // Of alerts: milliseconds, USD or a ratio.
  if (name === 'value') return atMost(value, 6);
  // A sum beyond $9,000 has fewer than twelve decimals to begin with.
  return USD.test(name) ? atMost(value, 12) : value;
}

/** Rounds to some decimals; never to -0. */
function atMost(value: number, decimals: number): number {
  return Number.isFinite(value) ? Number(value.toFixed(decimals)) + 0 : value;
}

const QUANTILE = /(?:^|\.)(?:p50|p90|p95|p99|max)$/;
const MILLISECONDS = /(?:Ms|At)$|^(?:at|asOf|from|to|oldest|newest|since|searchedTo)$/;
const USD = /Usd$/;
const OF_APPLICATION = new Set(['attributes', 'parameters', 'content', 'rateLimits', 'names', 'identity']);
