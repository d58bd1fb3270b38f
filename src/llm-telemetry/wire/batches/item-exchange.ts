import { Exchange } from '../exchanges/exchange.js';
import { requestWithoutHeaders } from '../exchanges/model-request.js';
import type { Endpoint } from '../dialects/endpoint.js';
import type { HostProviders } from '../dialects/host-providers.js';
import type { WireFormat } from '../formats/format.js';
import { boundedName } from '../../text/bounded-name.js';
import { readWholeJson } from '../streams/json-body.js';
import type { BatchSum, ItemResult } from './batch-api.js';
import type { BatchItem } from './batch-observer.js';
import { guard } from '../guard.js';

/** Service tier by which the items of a batch are priced (`pricing/price-rules.ts`). */
const BATCH_TIER = 'batch';

/** Where a batch was read. */
export interface BatchSource {
  readonly endpoint: Endpoint;
  readonly hosts: HostProviders | undefined;
}

/** Returns an item with its exchange; `null` if it is never billed, or could not be read. */
export function itemOf(item: ItemResult, source: BatchSource): BatchItem | null {
  const { id, format } = item;
  if (format === null) return null;
  const exchange = guard('reading an item of a batch', () => exchangeOfItem(item, format, source));
  return exchange ? { id, exchange } : null;
}

/** Returns the finished exchange of an item. */
function exchangeOfItem(item: ItemResult, format: WireFormat, source: BatchSource): Exchange {
  const exchange = finishedExchange(format, item.model, source, item.status, item.requestId);
  const { response } = exchange;
  if (item.body) readWholeJson(item.body, exchange);
  if (item.error) response.error = item.error;
  return ended(exchange);
}

/** Returns a finished exchange with the usage of all items of a batch. */
export function exchangeOfSum(
  id: string,
  { format, model, readUsage }: BatchSum,
  source: BatchSource,
): Exchange {
  const exchange = finishedExchange(format, model, source, 200, null);
  exchange.response.id = id;
  readUsage(exchange.response.usage);
  exchange.response.hasContent = true;
  exchange.response.complete = true;
  return ended(exchange);
}

function ended(exchange: Exchange): Exchange {
  const { usage, iterations } = exchange.response;
  usage.serviceTier = BATCH_TIER;
  for (const part of iterations ?? []) part.usage.serviceTier = BATCH_TIER;
  exchange.end('finished');
  return exchange;
}

function finishedExchange(
  format: WireFormat,
  model: string | null,
  source: BatchSource,
  status: number,
  requestId: string | null,
): Exchange {
  const exchange = new Exchange(requestWithoutHeaders({ format, ...source }, { model, stream: false }));
  exchange.respondedAt = exchange.startedAt;
  exchange.touched = true;
  exchange.head = {
    status,
    requestId: requestId && boundedName(requestId),
    retryAfterMs: null,
    errorCode: null,
    costUsd: null,
    rateLimits: {},
  };
  return exchange;
}
