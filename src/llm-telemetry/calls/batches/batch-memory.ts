import type { CallName } from '../call-name.js';

/**
 * Remembers batches, so that each item is recorded once, for the feature that created its batch. Implemented by stores:
 * a batch takes up to a day, and its results can be downloaded again and by another process.
 *
 * @publicApi
 */
export interface BatchMemory {
  /** Remembers a batch. Facts that are known already stay. */
  remember(batch: RememberedBatch): Promise<void>;
  /** Marks items as recorded, and returns which of them were not. */
  claim(results: string, items: readonly string[]): Promise<BatchClaim>;
  /** Marks all items as recorded: none of them is new in a later download. */
  complete(results: string): Promise<void>;
  /**
   * Marks the sum of a batch as recorded, unless it was recorded or one of its items was. Once an item is claimed, the
   * call of the sum is deleted.
   *
   * @param endedAt - end of the record that will be stored, Unix milliseconds
   */
  claimSum(batch: string, endedAt: number): Promise<SumClaim>;
}

/** A batch with its results. @publicApi */
export interface RememberedBatch {
  /** Identifies the batch: host and id. */
  readonly key: string;
  /** Identify its results, if they have ids of their own: host and id. */
  readonly resultKeys: readonly string[];
  /** Feature and operation that created the batch; `null` if it is not known. */
  readonly creator: CallName | null;
}

/** @publicApi */
export interface BatchClaim {
  /** For each item, whether it was not recorded before. */
  readonly isNew: readonly boolean[];
  /** Feature and operation that created the batch; `null` if it is not known. */
  readonly creator: CallName | null;
  /** `true` if the sum of the batch was recorded before: its usage and cost are counted already. */
  readonly replacesSum: boolean;
}

/** @publicApi */
export interface SumClaim {
  readonly isNew: boolean;
  readonly creator: CallName | null;
}

interface Known {
  creator: CallName | null;
  /** Key of the batch that results belong to. */
  batch: string | null;
  readonly items: Set<string>;
  isComplete: boolean;
  hasItems: boolean;
  hasSum: boolean;
}

/** Batches that are remembered at once; the least recently used one is forgotten. */
const MAX_BATCHES = 500;
/** Items of all batches that are not complete. */
const MAX_ITEMS = 200_000;

/** Remembers batches in this process only: for applications without a store, and while a store does not respond. */
export class ProcessBatchMemory implements BatchMemory {
  private readonly batches = new Map<string, Known>();
  private items = 0;

  async remember({ key, resultKeys, creator }: RememberedBatch): Promise<void> {
    const batch = this.known(key);
    batch.creator ??= creator;
    for (const results of resultKeys) if (results !== key) this.known(results).batch = key;
  }

  async claim(results: string, items: readonly string[]): Promise<BatchClaim> {
    const known = this.known(results);
    const batch = known.batch === null ? known : this.known(known.batch);
    batch.hasItems = true;
    const isNew = items.map((item) => {
      if (known.isComplete || known.items.has(item)) return false;
      if (this.items >= MAX_ITEMS) this.forgetOldest(known);
      known.items.add(item);
      this.items++;
      return true;
    });
    return { isNew, creator: batch.creator, replacesSum: batch.hasSum };
  }

  async complete(results: string): Promise<void> {
    const known = this.known(results);
    known.isComplete = true;
    this.items -= known.items.size;
    known.items.clear();
  }

  async claimSum(key: string): Promise<SumClaim> {
    const batch = this.known(key);
    const isNew = !batch.hasSum && !batch.hasItems;
    batch.hasSum ||= isNew;
    return { isNew, creator: batch.creator };
  }

  /** Returns what is known of a batch or of results, as the most recently used. */
  private known(key: string): Known {
    let known = this.batches.get(key);
    this.batches.delete(key);
    known ??= {
      creator: null,
      batch: null,
      items: new Set(),
      isComplete: false,
      hasItems: false,
      hasSum: false,
    };
    this.batches.set(key, known);
    if (this.batches.size > MAX_BATCHES) this.forgetOldest(known);
    return known;
  }

  private forgetOldest(kept: Known): void {
    for (const [key, known] of this.batches) {
      if (known === kept) continue;
      this.batches.delete(key);
      this.items -= known.items.size;
      return;
    }
  }
}
