import type { JsonReply, Json } from './emulated-api.js';

/** A request inside a batch. */
export interface BatchItem {
  /** Chosen by the client. */
  readonly id: string;
  /** Path of the API that handles it. */
  readonly path: string;
  readonly body: Json;
}

/** What a request inside a batch returned. */
export interface BatchItemReply extends JsonReply {
  readonly id: string;
  readonly requestId: string;
  readonly usage: {
    readonly input: number;
    readonly cached: number;
    readonly output: number;
    readonly reasoning: number;
  } | null;
  readonly model: string | null;
}

/** A batch: in progress when it is created, ended at the first poll. */
export interface StoredBatch {
  readonly id: string;
  readonly created: number;
  readonly request: Json;
  readonly replies: readonly BatchItemReply[];
  isEnded: boolean;
}

/** A request to a batch API. */
export interface BatchRequest {
  readonly method: string;
  readonly path: string;
  /** Scheme and host of the emulator. */
  readonly origin: string;
  readonly body: Json | null;
  /** Texts of the uploaded files. */
  readonly files: readonly string[];
}

/** Response of a batch API: JSON, or a file. */
export type BatchResponse = JsonReply | { readonly lines: readonly object[] };

/** What a batch API needs from the emulator. */
export interface BatchHost {
  /** Processes a request of a batch, and bills it at the price of batches. */
  process(item: BatchItem): BatchItemReply;
  /** Returns a new id with a prefix. */
  id(prefix: string): string;
}

/** One batch API of a provider: one file, and one line in `emulator.ts`. */
export interface EmulatedBatchApi {
  /** Returns the response; `null` if the request is not one of this API. */
  respond(request: BatchRequest, host: BatchHost): BatchResponse | null;
}
