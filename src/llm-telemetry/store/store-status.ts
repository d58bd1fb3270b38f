/** Why calls are not kept where they were meant to be. @publicApi */
export type StoreTrouble =
  | 'read_only'
  | 'full'
  | 'locked'
  | 'corrupt'
  | 'newer_version'
  | 'not_a_store'
  | 'io_error'
  /** Several batches in a row could not be written, for another reason. */
  | 'write_failed'
  | 'worker_failed'
  /** The package was bundled without its worker: calls are kept in memory. */
  | 'worker_missing';

/** Why a call was not kept at all. @publicApi */
export type DropReason =
  /** More came than could be written: the queue was full. */
  | 'queue_full'
  /** The thread that writes died, with what it held. */
  | 'worker_failed'
  /** It could not be written, or was kept in memory and the file did not become usable in time. */
  | 'write_failed'
  /** The store was closed already. */
  | 'closed';

/** How the store does. @publicApi */
export interface StoreStatus {
  /** Where calls are kept now. `off`: nowhere. */
  readonly mode: 'file' | 'memory' | 'off';
  /** The file that was asked for, absolute; `null`: memory was. */
  readonly path: string | null;
  /** `null`: all is as it was asked for. */
  readonly trouble: {
    readonly reason: StoreTrouble;
    /** A sentence for people. */
    readonly message: string;
    /** Since when, Unix milliseconds. */
    readonly since: number;
  } | null;
  /** Calls that were written since this process started. */
  readonly written: number;
  /** Calls that wait to be written. */
  readonly waiting: number;
  /** Calls that were not kept since this process started, by the reason. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Calls that are kept, of all processes. */
  readonly kept: number;
  /** When the oldest and the newest of them ended, Unix milliseconds; `null`: there are none. */
  readonly oldest: number | null;
  readonly newest: number | null;
  /**
   * When the first call ended of which measures are kept, Unix milliseconds: the start of a rollup once the call itself is
   * deleted. `null`: no calls. Omitted by stores that do not know it.
   */
  readonly firstCallAt?: number | null;
  /** What the file (or the memory) takes. */
  readonly bytes: number;
}
