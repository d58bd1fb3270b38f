import type { CallName } from '../call-name.js';

/** What was recorded of the results of one batch, in one download. */
export interface BatchSummary extends CallName {
  /** Id of the results at the provider: of the batch, or of the file that was downloaded. */
  readonly id: string;
  /** Items that were recorded. */
  readonly items: number;
  readonly failed: number;
  /** Items that were recorded by an earlier download. */
  readonly known: number;
  /** Lines of the results that could not be read. */
  readonly unreadable: number;
  /** USD; `null` if the cost of an item is not known. */
  readonly costUsd: number | null;
}
