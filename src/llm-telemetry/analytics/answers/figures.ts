import type { TimeRange } from '../../store/measures.js';

/** What every answer with figures says of them. @publicApi */
export interface Figures {
  /** What they are of: the range that was asked for, widened to what rollups are kept by. */
  readonly range: TimeRange;
  /** When they were read, by the server's clock: a bucket that ends after it still runs. */
  readonly asOf: number;
}

/** The parameters of every figure, as they are written in a query. @publicApi */
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
