import type { Exchange } from '../exchanges/exchange.js';
import type { HeaderGetter } from '../headers.js';
import { readResponseHead } from './response-head.js';

/** Notes the arrival of a response's head and reads it into the exchange. */
export function receiveHead(exchange: Exchange, status: number, headers: HeaderGetter): void {
  const { format } = exchange.request;
  exchange.head = readResponseHead(status, headers, format.rateLimitHeaders ?? NONE);
  format.readHeaders?.(headers, exchange.response);
}

const NONE: readonly string[] = [];
