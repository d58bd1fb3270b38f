/** Why the store cannot use its file or worker. @publicApi */
export type StoreTrouble =
  | 'read_only'
  | 'full'
  | 'locked'
  | 'corrupt'
  | 'newer_version'
  | 'not_a_store'
  | 'io_error'
  /** Several consecutive batches could not be written for another reason. */
  | 'write_failed'
  | 'worker_failed'
  /** The package was bundled without its worker: calls are kept in memory. */
  | 'worker_missing';

/** Why a call was not stored. @publicApi */
export type DropReason =
  /** The write-behind queue was full. */
  | 'queue_full'
  /** The worker failed before it wrote the call. */
  | 'worker_failed'
  /** The call could not be written, or was in memory and the file did not become usable in time. */
  | 'write_failed'
  /** The store was already closed. */
  | 'closed';

/** Status of a store. @publicApi */
export interface StoreStatus {
  /** Where calls are currently stored. `off`: nowhere. */
  readonly mode: 'file' | 'memory' | 'off';
  /** Absolute path of the configured file; `null` if memory is configured. */
  readonly path: string | null;
  /** `null` if the store works as configured. */
  readonly trouble: {
    readonly reason: StoreTrouble;
    /** Explanation for the log and the dashboard. */
    readonly message: string;
    /** Start of the problem, Unix milliseconds. */
    readonly since: number;
  } | null;
  /** Calls written since this process started. */
  readonly written: number;
  /** Calls in the write-behind queue. */
  readonly waiting: number;
  /** Calls not stored since this process started, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Stored calls of all processes. */
  readonly kept: number;
  /** End of the oldest and of the newest stored call, Unix milliseconds; `null` if there are none. */
  readonly oldest: number | null;
  readonly newest: number | null;
  /**
   * End of the first call that measures include, Unix milliseconds: the start of its rollup once the call itself is
   * deleted. `null` if there are no calls. Omitted by stores that do not know it.
   */
  readonly firstCallAt?: number | null;
  /** Bytes in use in the file or in memory. */
  readonly bytes: number;
}
