import type { CallOrigin } from '../call-origin.js';
import type { CallStore } from '../call-store.js';

/** How the conformance suite opens a store, and what the store promises. @publicApi */
export interface ConformanceOptions {
  /** Opens a new, empty store for calls of this origin. The suite closes it. */
  readonly open: (origin: CallOrigin) => CallStore | Promise<CallStore>;
  /**
   * Opens another store of the calls of the store that `open` opened last, as another process does at the same time or after
   * a restart. Omitted: the cases about sharing are left out.
   */
  readonly reopen?: (origin: CallOrigin) => CallStore | Promise<CallStore>;
  /** `false`: the origin of calls is not stored, and their rows have an unknown one. @defaultValue true */
  readonly origins?: boolean;
  /** `false`: calls cannot be searched by text. @defaultValue true */
  readonly textSearch?: boolean;
  /**
   * `true`: quantiles must equal those of the built-in stores bit for bit, instead of being within 1 % of the exact values.
   * @defaultValue false
   */
  readonly sameQuantiles?: boolean;
}
