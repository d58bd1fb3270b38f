import type { CallPage, CallQuery, StoredCall } from '../../calls.js';
import type {
  BucketedQuery,
  ErrorResult,
  MeasureQuery,
  MeasureResult,
  RangeQuery,
  UnpricedModel,
} from '../../measures.js';
import type { StoreStatus } from '../../store-status.js';
import type { KeeperSettings } from './call-keeper.js';

/** What the thread of the store is started with. */
export interface ThreadSettings extends KeeperSettings {
  /** Shared numbers, for an application that waits without an event loop: see `SETTLED` and `CLOSED_WITH_LOST`. */
  readonly settled: Int32Array;
}

/** The index in `settled` of the number of calls that were written or dropped. */
export const SETTLED = 0;
/** The index in `settled` of what closing the store lost: 0 until it is closed, then one more than the calls. */
export const CLOSED_WITH_LOST = 1;

/** What the thread can be asked, and what it answers. */
export interface Questions {
  measure: [MeasureQuery, MeasureResult];
  errors: [BucketedQuery, ErrorResult];
  unpriced: [RangeQuery, readonly UnpricedModel[]];
  calls: [CallQuery, CallPage];
  call: [number, StoredCall | null];
  kept: [null, Kept];
  flush: [null, null];
}

export type Question = keyof Questions;
export type Kept = Pick<StoreStatus, 'kept' | 'oldest' | 'newest' | 'firstCallAt' | 'bytes'>;

/** To the thread. */
export type Order =
  /** Texts of records, a line each. */
  | { readonly type: 'write'; readonly lines: string }
  | { readonly type: 'ask'; readonly id: number; readonly question: Question; readonly about: unknown }
  | { readonly type: 'close' };

/** From the thread. */
export type Report =
  | {
      readonly type: 'settled';
      readonly written: number;
      readonly dropped: number;
      readonly characters: number;
    }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  /** `asked` is true where the question was wrong, and the message is for who asked it. */
  | { readonly type: 'refusal'; readonly id: number; readonly message: string; readonly asked: boolean }
  /** For the log of the application. */
  | { readonly type: 'warning'; readonly message: string }
  /** Calls that memory had no more room for while the file could not be used. */
  | { readonly type: 'lost'; readonly calls: number }
  | { readonly type: 'mode'; readonly mode: 'file' | 'memory'; readonly trouble: StoreStatus['trouble'] };
