import type { ResponseHead } from './exchange.js';

/** Reads the few headers of a provider's response that are of interest. */
export function readResponseHead(
  status: number,
  headers: Headers,
  limitHeaders: readonly string[],
): ResponseHead {
  return {
    status,
    requestId: headers.get('x-request-id') ?? headers.get('request-id') ?? headers.get('x-amzn-requestid'),
    retryAfterMs: status < 400 ? null : retryAfterMs(headers, Date.now()),
    costUsd: amountIn(headers.get('x-litellm-response-cost')),
    rateLimits: readRateLimits(headers, limitHeaders),
  };
}

/** Source: LiteLLM documentation, “Response headers”: a decimal number of USD, or `None`. */
function amountIn(text: string | null): number | null {
  return text !== null && text !== '' && Number.isFinite(Number(text)) ? Number(text) : null;
}

function readRateLimits(headers: Headers, names: readonly string[]): Readonly<Record<string, string>> {
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
 * The wait that a response asks for, in milliseconds; `null` where it asks for none. `retry-after-ms` is the
 * providers' finer form of `retry-after` (seconds, or a date; RFC 9110, 10.2.3).
 */
export function retryAfterMs(headers: Headers, now: number): number | null {
  const milliseconds = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (milliseconds >= 0 && milliseconds < Infinity) return milliseconds;
  const value = headers.get('retry-after');
  if (value === null) return null;
  const seconds = Number.parseFloat(value);
  if (seconds >= 0 && seconds < Infinity) return seconds * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
