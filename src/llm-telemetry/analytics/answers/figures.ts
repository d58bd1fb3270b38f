import type { TimeRange } from '../../store/measures.js';

/** Common properties of all responses with measures. @publicApi */
export interface Figures {
  /** Requested range, widened to the granularity of rollups. */
  readonly range: TimeRange;
  /** Server time of the response, Unix milliseconds. A bucket that ends later is incomplete. */
  readonly asOf: number;
}

/** Query parameters of all measures. @publicApi */
export interface FigureParameters {
  readonly from?: string;
  readonly to?: string;
  readonly feature?: readonly string[];
  readonly operation?: readonly string[];
  readonly provider?: readonly string[];
  readonly model?: readonly string[];
  readonly route?: readonly string[];
  readonly tenant?: readonly string[];
  readonly user?: readonly string[];
}
