import { boundedName } from '../../text/bounded-name.js';
import type { ResponseHead } from '../exchanges/exchange.js';
import { MAX_DELAY_MS, type HeaderGetter } from '../headers.js';
import { asUsd } from '../json/json-value.js';

/** Reads status, request id, retry delay, cost and rate limits from a provider's response. */
export function readResponseHead(
  status: number,
  headers: HeaderGetter,
  limitHeaders: readonly string[],
): ResponseHead {
  return {
    status,
    requestId: boundedRequestId(headers),
    retryAfterMs: status < 400 ? null : retryAfterMs(headers, Date.now()),
    errorCode: status < 400 ? null : boundedErrorCode(headers),
    costUsd: parseUsd(headers.get('x-litellm-response-cost')),
    rateLimits: readRateLimits(headers, limitHeaders),
  };
}

/**
 * Headers with the id of a request, most frequent first: of OpenAI and most others, Anthropic, Amazon Bedrock, Mistral,
 * Cohere. Sources: response headers of api.mistral.ai, November 2026; https://docs.cohere.com/reference/errors.
 */
const ID_HEADERS = [
  'x-request-id',
  'request-id',
  'x-amzn-requestid',
  'mistral-correlation-id',
  'x-debug-trace-id',
];

function boundedRequestId(headers: HeaderGetter): string | null {
  for (const name of ID_HEADERS) {
    const id = headers.get(name);
    if (id !== null) return boundedName(id);
  }
  return null;
}

/** Source: Smithy specification, “AWS restJson1 protocol”, “Operation error serialization”. */
function boundedErrorCode(headers: HeaderGetter): string | null {
  const code = headers.get('x-amzn-errortype');
  return code === null ? null : boundedName(code);
}

/** Parses a decimal number of USD, or `None`. Source: LiteLLM documentation, “Response headers”. */
function parseUsd(text: string | null): number | null {
  return text !== null && text !== '' ? asUsd(Number(text)) : null;
}

function readRateLimits(headers: HeaderGetter, names: readonly string[]): Readonly<Record<string, string>> {
  let found: Record<string, string> | null = null;
  for (const name of names) {
    const value = headers.get(name);
    // Bounded, because it becomes a span attribute.
    if (value !== null && value.length <= MAX_LIMIT_LENGTH) (found ??= {})[name] = value;
  }
  return found ?? NONE;
}

const NONE: Readonly<Record<string, string>> = Object.freeze({});
const MAX_LIMIT_LENGTH = 32;

/**
 * Returns the delay of `retry-after-ms` or `retry-after` in milliseconds, at most one day; `null` if there is none or
 * it is invalid (negative, `NaN`, `1e400`). `retry-after` holds seconds or a date (RFC 9110, 10.2.3); `retry-after-ms`
 * is a finer variant that providers send.
 */
export function retryAfterMs(headers: HeaderGetter, now: number): number | null {
  const milliseconds = parseDelay(headers.get('retry-after-ms'));
  if (milliseconds !== null) return Math.min(milliseconds, MAX_DELAY_MS);
  const value = headers.get('retry-after');
  const seconds = parseDelay(value);
  if (seconds !== null) return Math.min(seconds * 1000, MAX_DELAY_MS);
  if (value === null || !DATE.test(value)) return null;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.min(Math.max(0, date - now), MAX_DELAY_MS);
}

/** Parses a decimal delay; `null` for anything else. Fractions are common, although RFC 9110 does not allow them. */
function parseDelay(text: string | null): number | null {
  const number = text !== null && DELAY.test(text) ? Number(text) : Infinity;
  return number === Infinity ? null : number;
}

const DELAY = /^\d+(?:\.\d+)?$/;
/** HTTP dates begin with the weekday, ISO 8601 dates with the year. `Date.parse` also accepts `-5`. */
const DATE = /^(?:[A-Za-z]{3,9},? |\d{4}-\d\d-\d\dT)/;
