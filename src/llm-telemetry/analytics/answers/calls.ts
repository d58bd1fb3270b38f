import type { CallSort, StoredCall } from '../../store/calls.js';
import type { FigureParameters } from './figures.js';

/** Query parameters of `api/calls`. @publicApi */
export interface CallsParameters extends FigureParameters {
  /** Values of `CallRow.outcome`, or `failed` (any failure), `truncated`, `other` (unknown finish reasons). */
  readonly outcome?: readonly string[];
  /** `true`: only calls with retries; `false`: only calls without. */
  readonly retried?: 'true' | 'false';
  /** Full-text search in the record, up to 200 characters. */
  readonly text?: string;
  /** @defaultValue 'endedAt' */
  readonly sort?: CallSort;
  /**
   * `asc` is only available with `endedAt`.
   * @defaultValue 'desc'
   */
  readonly order?: 'desc' | 'asc';
  /**
   * Page size from 1 to 1,000.
   * @defaultValue 50
   */
  readonly limit?: string;
  /** `CallPage.next` of the previous page. The other parameters, including `to`, must be the same. */
  readonly cursor?: string;
}

/** One call with attempts, receipts and neighbors. @publicApi */
export interface CallDetail extends StoredCall {
  /** Link to its trace, from the option `traceUrl`; `null` without the option or without a trace. */
  readonly traceUrl: string | null;
}
