import type { CallSort, StoredCall } from '../../store/calls.js';
import type { FigureParameters } from './figures.js';

/** The parameters of `api/calls`, as they are written in a query. @publicApi */
export interface CallsParameters extends FigureParameters {
  /** Values of `CallRow.outcome`, or `failed` (any failure), `truncated`, `other` (finish reasons that are not known). */
  readonly outcome?: readonly string[];
  /** `true`: only calls in which a request was repeated; `false`: only the others. */
  readonly retried?: 'true' | 'false';
  /** Text in a name or anywhere else in the record, up to 200 characters. */
  readonly text?: string;
  /** Default `endedAt`. */
  readonly sort?: CallSort;
  /** Default `desc`; `asc` with `endedAt` only. */
  readonly order?: 'desc' | 'asc';
  /** From 1 to 1,000; default 50. */
  readonly limit?: string;
  /** `CallPage.next` of the page before, with the same query otherwise, `to` included. */
  readonly cursor?: string;
}

/** One call, whole: its attempts with their receipts, and its neighbours. @publicApi */
export interface CallDetail extends StoredCall {
  /** Where its trace is to be seen: the option `traceUrl`, filled in; `null` without that or without a trace. */
  readonly traceUrl: string | null;
}
