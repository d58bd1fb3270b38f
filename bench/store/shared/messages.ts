import type { DatabaseKind } from './limits.js';
import type { ThreadTimes } from './thread-time.js';
import type { Totals } from './totals.js';

export interface InstanceOptions {
  readonly kind: DatabaseKind;
  readonly url: string;
  /** Of the outboxes. */
  readonly folder: string;
  readonly seed: number;
}

/** What an instance has recorded. */
export interface Recorded {
  readonly totals: Totals;
}

/** Parameters and results of what an instance can do. */
export interface Commands {
  /** Records calls `from` to `to` of `calls` in the 30 days before `now`, as fast as possible, and flushes. */
  fill: [
    { readonly from: number; readonly to: number; readonly calls: number; readonly now: number },
    Recorded,
  ];
  /** Records calls that end now, until `stop`. `rate`: calls per second. */
  record: [{ readonly rate: number; readonly seconds: number }, Recorded];
  stop: [null, void];
  /** Resolves when all calls are in the database. */
  flush: [null, void];
  /** Returns the number of calls that the store has dropped. */
  dropped: [null, number];
  /** Records calls of a tenant. `marks`: when each was recorded, by trace id. */
  mark: [
    { readonly calls: number; readonly intervalMs: number; readonly tenantId: string },
    Recorded & { readonly marks: ReadonlyArray<readonly [traceId: string, at: number]> },
  ];
  /** Compares the processor time of this thread with that of SQLite. */
  thread: [{ readonly calls: number; readonly rounds: number }, Recorded & ThreadTimes];
  /** Claims changes of alerts as several instances. Returns how many they notify. */
  claim: [{ readonly instances: number; readonly keys: readonly string[] }, number];
}

export interface Request {
  readonly id: number;
  readonly name: keyof Commands;
  readonly parameters: unknown;
}

export type Response = { readonly id: number } & (
  { readonly result: unknown; readonly error?: undefined } | { readonly error: string }
);
