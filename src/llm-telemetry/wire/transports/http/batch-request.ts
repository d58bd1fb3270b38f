import type { ClientRequest, IncomingMessage } from 'node:http';
import { beginBatchExchange } from '../../batches/batch-exchange.js';
import { batchObserverOf } from '../../batches/batch-observer.js';
import type { BatchRoute } from '../../batches/batch-routes.js';
import type { Exchange, ExchangeObserver } from '../../exchanges/exchange.js';
import { receiveHead } from '../received-head.js';
import { endpointOfRequest, headersOfRequest } from './client-request.js';
import { observeIncoming } from './incoming-body.js';
import { IncomingHeaders, observeOutcome, type ResponseObserver } from './observed-request.js';

/** Observes the response to a request of `node:http` to a batch API. */
export function observeBatchRequest(
  request: ClientRequest,
  route: BatchRoute,
  observer: ExchangeObserver,
): void {
  const batches = batchObserverOf(observer);
  const endpoint = batches && endpointOfRequest(request, headersOfRequest(request));
  const exchange = endpoint ? beginBatchExchange(route, endpoint.url, batches, observer.hosts) : null;
  if (exchange !== null) observeOutcome(request, new BatchRequest(exchange));
}

class BatchRequest implements ResponseObserver {
  constructor(private readonly exchange: Exchange) {}

  responded(response: IncomingMessage): void {
    const { exchange } = this;
    if (exchange.ending !== null) return;
    receiveHead(exchange, response.statusCode ?? 0, new IncomingHeaders(response));
    observeIncoming(response, exchange, () => null);
  }

  failed(error: unknown): void {
    this.exchange.end('failed', error);
  }
}
