import { providerOf, unknownProviderOf } from '../exchanges/provider-of-request.js';
import { Exchange, type ExchangeListener } from '../exchanges/exchange.js';
import { requestWithoutHeaders } from '../exchanges/model-request.js';
import { endpointOf, type Endpoint } from '../dialects/endpoint.js';
import type { HostProviders } from '../dialects/host-providers.js';
import { chatCompletions } from '../formats/chat-completions.js';
import type { WireFormat } from '../formats/format.js';
import type { JsonObject } from '../json/json-value.js';
import type { ResponseDraft } from '../response-draft.js';
import { boundedName } from '../../text/bounded-name.js';
import { anthropicBatches } from './anthropic-batches.js';
import type { BatchApi, BatchState, ItemResult } from './batch-api.js';
import type { BatchObserver, BatchResults } from './batch-observer.js';
import type { BatchRoute } from './batch-routes.js';
import { geminiBatches } from './gemini-batches.js';
import { exchangeOfSum, itemOf, type BatchSource } from './item-exchange.js';
import { openaiBatches } from './openai-batches.js';
import { ResultsReader } from './results-reader.js';
import { MAX_ITEMS, nextTurn } from './steps.js';
import { guard } from '../guard.js';

/** The batch APIs. A new one needs an entry here and, if its paths differ, one in `batch-routes.ts`. */
const APIS: readonly BatchApi[] = [anthropicBatches, openaiBatches, geminiBatches];

/**
 * Begins to observe a request to a batch API; `null` if it is not observed. Creating a batch, polling it and downloading
 * its results are no model calls: the exchange only carries what is read to the observer.
 */
export function beginBatchExchange(
  route: BatchRoute,
  url: string,
  observer: BatchObserver,
  hosts: HostProviders | undefined,
): Exchange | null {
  const endpoint = endpointOf(url);
  if (endpoint === null) return null;
  const isProvider = isHostOfBatches(endpoint, hosts);
  if (isProvider) observer.began();
  else if (route.isAnyFile) return null;
  const source = { endpoint, hosts };
  const body =
    route.resultsId === null
      ? new BatchBody(source, route.does === 'created', observer)
      : new ResultsBody(source, route.resultsId, observer);
  const exchange = new Exchange(
    requestWithoutHeaders({ format: body, ...source }, { model: null, stream: false }),
  );
  exchange.listener = body;
  if (body instanceof ResultsBody) exchange.lines = body.reader;
  return exchange;
}

/** Unknown hosts, as `host:port`, whose responses have shown that they have a batch API. */
const hostsOfBatches = new Set<string>();
const MAX_HOSTS = 256;

/** Many applications have paths of files: their downloads are observed only at a provider. */
function isHostOfBatches(endpoint: Endpoint, hosts: HostProviders | undefined): boolean {
  if (hostsOfBatches.has(`${endpoint.host}:${endpoint.port}`)) return true;
  return providerOf(chatCompletions, endpoint, hosts).provider !== unknownProviderOf(chatCompletions);
}

function rememberHost({ host, port }: Endpoint): void {
  if (hostsOfBatches.size < MAX_HOSTS) hostsOfBatches.add(`${host}:${port}`);
}

/** Reads the body of one response of a batch API. Stands for the wire format of its exchange. */
abstract class BodyOfBatchApi implements WireFormat, ExchangeListener {
  readonly operation = 'batch';
  readonly provider = 'batch';
  readonly requestKeys: ReadonlySet<string> = new Set();

  constructor(
    protected readonly source: BatchSource,
    protected readonly observer: BatchObserver,
  ) {}

  matches(): boolean {
    return false;
  }

  accepts(): boolean {
    return false;
  }

  readRequest(): { readonly model: null; readonly stream: false } {
    return { model: null, stream: false };
  }

  inputBytes(): null {
    return null;
  }

  run(send: () => void): void {
    send();
  }

  abstract readResponse(body: JsonObject): void;
  abstract readEvent(data: string, response: ResponseDraft): void;
  abstract ended(exchange: Exchange): void;
}

/** The response to a request that creates or polls a batch. */
class BatchBody extends BodyOfBatchApi {
  private state: BatchState | null = null;

  constructor(
    source: BatchSource,
    private readonly isCreated: boolean,
    observer: BatchObserver,
  ) {
    super(source, observer);
  }

  readResponse(body: JsonObject): void {
    for (const api of APIS) this.state ??= api.readBatch(body);
  }

  readEvent(): void {}

  ended({ succeeded }: Exchange): void {
    const { state } = this;
    if (state === null || !succeeded) return;
    rememberHost(this.source.endpoint);
    guard('reading a batch', () => this.report(state));
  }

  private report({ id, resultIds, sum, items }: BatchState): void {
    const { source, observer, isCreated } = this;
    const key = keyOf(id, source);
    observer.seen({
      key,
      resultKeys: resultIds.map((resultId) => keyOf(resultId, source)),
      isCreated,
      sum: sum && exchangeOfSum(id, sum, source),
    });
    if (items !== null) observer.reading(this.readItems({ key, id }, items));
  }

  /** Passes on the results that a batch contains, in small steps. */
  private async readItems(results: BatchResults, items: readonly ItemResult[]): Promise<void> {
    const { source, observer } = this;
    for (let from = 0; from < items.length; from += MAX_ITEMS) {
      await nextTurn();
      const read = items.slice(from, from + MAX_ITEMS).flatMap((item) => itemOf(item, source) ?? []);
      await observer.items(results, read);
    }
    await observer.ended(results, { isComplete: true, unreadable: 0 });
  }
}

/** A file of results. */
class ResultsBody extends BodyOfBatchApi {
  readonly reader: ResultsReader;

  constructor(source: BatchSource, id: string, observer: BatchObserver) {
    super(source, observer);
    const results = { key: keyOf(id, source), id };
    this.reader = new ResultsReader(results, source, APIS, observer);
  }

  /** A file with one line is a JSON body, too. */
  readResponse(body: JsonObject): void {
    this.reader.add(JSON.stringify(body));
  }

  readEvent(data: string, response: ResponseDraft): void {
    this.reader.add(data);
    // The file has no last event: it is complete when it was read to its end.
    response.finish = 'stop';
  }

  ended({ ending, succeeded }: Exchange): void {
    if (succeeded) this.reader.finish(ending === 'finished');
  }
}

/** Ids of one host are unique. */
function keyOf(id: string, { endpoint }: BatchSource): string {
  return boundedName(`${endpoint.host} ${id}`);
}
