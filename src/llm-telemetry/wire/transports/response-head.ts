import { boundedName } from '../../text/bounded-name.js';
import type { ResponseHead } from '../exchanges/exchange.js';
import { asUsd } from '../json/json-value.js';

/** The part of `Headers` that is read. */
export type HeaderGetter = Pick<Headers, 'get'>;

/** Reads the few headers of a provider's response that are of interest. */
export function readResponseHead(
  status: number,
  headers: HeaderGetter,
  limitHeaders: readonly string[],
): ResponseHead {
  return {
    status,
    requestId: boundedRequestId(headers),
    retryAfterMs: status < 400 ? null : retryAfterMs(headers, Date.now()),
    costUsd: amountIn(headers.get('x-litellm-response-cost')),
    rateLimits: readRateLimits(headers, limitHeaders),
  };
}

function boundedRequestId(headers: HeaderGetter): string | null {
  const id = headers.get('x-request-id') ?? headers.get('request-id') ?? headers.get('x-amzn-requestid');
  return id === null ? null : boundedName(id);
}

/** Source: LiteLLM documentation, “Response headers”: a decimal number of USD, or `None`. */
function amountIn(text: string | null): number | null {
  return text !== null && text !== '' ? asUsd(Number(text)) : null;
}

function readRateLimits(headers: HeaderGetter, names: readonly string[]): Readonly<Record<string, string>> {
  let found: Record<string, string> | null = null;
  for (const name of names) {
    const value = headers.get(name);
    // Short, since it goes on a span, and comes from outside.
    if (value !== null && value.length <= LONGEST_LIMIT) (found ??= {})[name] = value;
  }
  return found ?? NONE;
}

const NONE: Readonly<Record<string, string>> = Object.freeze({});
const LONGEST_LIMIT = 32;

/**
 * Returns how long a response asks to wait, in milliseconds, at most a day; `null` if it does not ask, or asks for what is
 * no delay (negative, `NaN`, `1e400`). `retry-after-ms` is the providers' finer form of `retry-after`, which holds seconds
 * or a date (RFC 9110, 10.2.3).
 */
export function retryAfterMs(headers: HeaderGetter, now: number): number | null {
  const milliseconds = delayIn(headers.get('retry-after-ms'));
  if (milliseconds !== null) return Math.min(milliseconds, LONGEST_WAIT_MS);
  const value = headers.get('retry-after');
  const seconds = delayIn(value);
  if (seconds !== null) return Math.min(seconds * 1000, LONGEST_WAIT_MS);
  if (value === null || !DATE.test(value)) return null;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.min(Math.max(0, date - now), LONGEST_WAIT_MS);
}

const LONGEST_WAIT_MS = 86_400_000;

/** A decimal number that is a delay; `null` for anything else. Fractions are common, although RFC 9110 has none. */
function delayIn(text: string | null): number | null {
  const number = text !== null && DELAY.test(text) ? Number(text) : Infinity;
  return number === Infinity ? null : number;
}

const DELAY = /^\d+(?:\.\d+)?$/;
/** A date begins with the day of the week in HTTP, with the year in ISO 8601. `Date.parse` takes `-5` for a date, too. */
const DATE = /^(?:[A-Za-z]{3,9},? |\d{4}-\d\d-\d\dT)/;
