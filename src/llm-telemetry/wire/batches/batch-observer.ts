import type { Exchange, ExchangeObserver } from '../exchanges/exchange.js';

/** Receives what the application reads of batch APIs. Implemented outside `wire/`. Must not throw. */
export interface BatchObserver {
  /** A request to a batch API of a provider was sent. */
  began(): void;
  /** A batch was created, or its state was read. */
  seen(batch: SeenBatch): void;
  /** Results are being read. `reading` resolves when all lines so far were passed to `items`, and never rejects. */
  reading(reading: Promise<void>): void;
  /**
   * Items of a batch were read. Called repeatedly; the next items are read when the returned promise has settled.
   * Never rejects.
   */
  items(results: BatchResults, items: readonly BatchItem[]): Promise<void>;
  /** All items that are read were passed to `items`. Never rejects. */
  ended(results: BatchResults, summary: ReadResults): Promise<void>;
}

/** Returns what observes batches in the context of an observer; `null` if that records none. */
export function batchObserverOf(observer: ExchangeObserver): BatchObserver | null {
  return (observer as ExchangeObserver & { readonly batches?: BatchObserver }).batches ?? null;
}

/** A batch that was created, or whose state was read. */
export interface SeenBatch {
  /** Identifies the batch among those of all providers. */
  readonly key: string;
  /** Identify its results, if it has results of their own. */
  readonly resultKeys: readonly string[];
  readonly isCreated: boolean;
  /** The usage of all items as a finished exchange; `null` if the provider does not report it, or not yet. */
  readonly sum: Exchange | null;
}

/** Results of a batch: a file, or the part of a batch that contains them. */
export interface BatchResults {
  /** Identifies the results among those of all providers. */
  readonly key: string;
  /** Id of the results at their provider. */
  readonly id: string;
}

/** One item of a batch. */
export interface BatchItem {
  /** Id of the item within its batch, chosen by the application. */
  readonly id: string;
  /** The finished exchange of the item. It has no times of its own. */
  readonly exchange: Exchange;
}

/** How results were read. */
export interface ReadResults {
  /** True if all items were read. */
  readonly isComplete: boolean;
  /** Lines that could not be read. */
  readonly unreadable: number;
}
