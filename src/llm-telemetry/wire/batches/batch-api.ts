import type { WireFormat } from '../formats/format.js';
import type { JsonObject } from '../json/json-value.js';
import type { ProviderError, UsageDraft } from '../response-draft.js';

/**
 * How a provider's batch API says which batches exist and what their items returned. Readers recognize the shapes of
 * their API, because paths do not: OpenAI and Gemini both have `/v1/batches/<id>`.
 */
export interface BatchApi {
  /** Reads a batch, as returned when it is created or polled; `null` for anything else. */
  readBatch(body: JsonObject): BatchState | null;
  /** Reads one line of a file of results; `null` for anything else. */
  readItem(line: JsonObject): ItemResult | null;
}

/** A batch as the provider describes it. */
export interface BatchState {
  readonly id: string;
  /** Format that defines the API, which names the provider. */
  readonly format: WireFormat;
  /** Ids by which the results are downloaded, if they differ from that of the batch. */
  readonly resultIds: readonly string[];
  /** Usage of all items, if the provider reports it once the batch has ended. */
  readonly sum: BatchSum | null;
  /** Results that the batch itself contains. */
  readonly items: readonly ItemResult[] | null;
}

/** Usage of all items of a batch that has ended. */
export interface BatchSum {
  /** Format of the items. */
  readonly format: WireFormat;
  readonly model: string | null;
  readUsage(usage: UsageDraft): void;
}

/** What one item of a batch returned. */
export interface ItemResult {
  /** Id of the item within its batch, chosen by the application. */
  readonly id: string;
  /** Format of the item's response; `null` for an item that is never billed. */
  readonly format: WireFormat | null;
  /** Model if the response does not name it. */
  readonly model: string | null;
  /** HTTP status of the item. An item without one that has an error has none of its own: 200. */
  readonly status: number;
  /** Provider's id of the item's request. */
  readonly requestId: string | null;
  /** The response; `null` if the item has no response. */
  readonly body: JsonObject | null;
  /** Error of an item without a response. */
  readonly error: ProviderError | null;
}

/** Codes of items that were not processed. Source: OpenAI API reference, “Batch”, errors of the error file. */
export const ITEM_EXPIRED = 'batch_expired';
export const ITEM_CANCELLED = 'batch_cancelled';

/** Returns the error of an item that was not processed. */
export function unprocessed(code: string): ProviderError {
  return { code, type: null, hint: null };
}
