import { createHash } from 'node:crypto';
import type {
  BatchItem,
  BatchObserver,
  BatchResults,
  ReadResults,
  SeenBatch,
} from '../../wire/batches/batch-observer.js';
import type { Exchange } from '../../wire/exchanges/exchange.js';
import type { FinishReason } from '../../wire/finish-reason.js';
import { guard, reportFault } from '../../wire/guard.js';
import { boundedName, MAX_NAME_LENGTH } from '../../text/bounded-name.js';
import { sumUsd } from '../../units/usd.js';
import { UNATTRIBUTED, type CallName } from '../call-name.js';
import type { Pricer } from '../cost.js';
import type { BatchOrigin, CallRecord } from '../record.js';
import { ProcessBatchMemory, type BatchClaim, type BatchMemory } from './batch-memory.js';
import type { BatchSummary } from './batch-summary.js';
import { recordOfItem } from './record-of-item.js';

/** Consumes the records of batches. */
export interface BatchOutput {
  /** @param replacesSum - the sum of the batch was passed before: only a store, which replaces it, takes the record */
  record(record: CallRecord, replacesSum: boolean): void;
  recorded(summary: BatchSummary): void;
}

/**
 * How long the sum of a batch waits for its items, in milliseconds: most applications download the results at once, and
 * items have outcomes, which the sum has not.
 */
const SUM_DELAY_MS = 10 * 60_000;
/** Sums that wait at once. */
const MAX_WAITING_SUMS = 1000;
/** Downloads that are recorded at once. */
const MAX_DOWNLOADS = 1000;
/** Longest time that a stop of the application waits for results that are being read, in milliseconds. */
const SETTLE_TIMEOUT_MS = 3000;

/** Sum of a batch that waits for its items. */
interface WaitingSum {
  readonly exchange: Exchange;
  /** The call that read the state of the batch. */
  readonly reader: CallName | null;
  readonly timer: NodeJS.Timeout;
}

/** Download that is being recorded. */
interface Download {
  readonly name: CallName;
  items: number;
  failed: number;
  known: number;
  costs: Array<number | null>;
}

/** Records the items of batches, each once, for the feature that created the batch. */
export class BatchRecorder {
  private readonly sums = new Map<string, WaitingSum>();
  private readonly downloads = new Map<string, Download>();
  /** Keys of the batches of results, to find a waiting sum. */
  private readonly batchOf = new Map<string, string>();
  private readonly pending = new Set<Promise<void>>();
  private readonly own = new ProcessBatchMemory();

  constructor(
    private readonly pricer: Pricer,
    private readonly errorStatuses: ReadonlySet<FinishReason>,
    private readonly output: BatchOutput,
    /** `null`: batches are remembered in this process only. */
    private readonly stored: BatchMemory | null,
    private readonly sumDelayMs = SUM_DELAY_MS,
  ) {}

  /** Returns the observer of what a call reads: as `CallServices.observeBatches`. */
  observer(reader: CallName | null, onTraffic: () => void): BatchObserver {
    return {
      began: onTraffic,
      seen: (batch) => {
        onTraffic();
        void this.track(this.seen(batch, reader));
      },
      reading: (reading) => void this.track(reading),
      items: (results, items) => this.track(this.items(results, items, reader)),
      ended: (results, read) => this.track(this.ended(results, read)),
    };
  }

  /** Resolves when everything that was read so far is recorded, or after three seconds. Never rejects. */
  async settled(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, SETTLE_TIMEOUT_MS);
    });
    await Promise.race([timeout, this.allSettled()]);
    clearTimeout(timer);
  }

  /** Records the waiting sums. Call it before the application stops. */
  async close(): Promise<void> {
    // Items that are being read replace their sum.
    await this.settled();
    for (const key of this.sums.keys()) void this.track(this.recordSum(key));
    await this.settled();
  }

  private async allSettled(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending);
  }

  /** Errors are reported: observers never reject. */
  private track(work: Promise<void>): Promise<void> {
    const tracked = work
      .catch((error: unknown) => reportFault('recording a batch', error))
      .finally(() => this.pending.delete(tracked));
    this.pending.add(tracked);
    return tracked;
  }

  private async seen({ key, resultKeys, isCreated, sum }: SeenBatch, reader: CallName | null): Promise<void> {
    for (const results of resultKeys) this.rememberBatchOf(results, key);
    if (sum !== null) this.awaitItems(key, sum, reader);
    if (isCreated || resultKeys.length > 0) {
      const batch = { key, resultKeys, creator: isCreated ? reader : null };
      await this.remembered((memory) => memory.remember(batch));
    }
  }

  private async items(
    results: BatchResults,
    items: readonly BatchItem[],
    reader: CallName | null,
  ): Promise<void> {
    const claim = await this.remembered((memory) =>
      memory.claim(
        results.key,
        items.map(({ id }) => claimIdOf(id)),
      ),
    );
    this.dropSum(this.batchOf.get(results.key) ?? results.key);
    const [first] = items;
    if (!first) return;
    const download = this.downloadOf(results, claim, reader, first);
    for (const [index, item] of items.entries()) {
      if (claim.isNew[index] === false) download.known++;
      else guard('recording an item of a batch', () => this.recordItem(results, item, download, claim));
    }
  }

  private recordItem(
    { id }: BatchResults,
    item: BatchItem,
    download: Download,
    { replacesSum }: BatchClaim,
  ): void {
    const batch = { id: boundedName(id), item: boundedName(item.id) };
    const record = this.recordOf(item.exchange, download.name, batch);
    download.items++;
    if (record.failure !== null) download.failed++;
    download.costs.push(record.cost.costUsd);
    this.output.record(record, replacesSum);
  }

  private async ended(results: BatchResults, { isComplete, unreadable }: ReadResults): Promise<void> {
    const download = this.downloads.get(results.key);
    this.downloads.delete(results.key);
    if (download) {
      const { name, items, failed, known, costs } = download;
      const priced = costs.filter((cost) => cost !== null);
      const costUsd = priced.length === costs.length ? sumUsd(priced) : null;
      this.output.recorded({
        ...name,
        id: boundedName(results.id),
        items,
        failed,
        known,
        unreadable,
        costUsd,
      });
    }
    if (isComplete && unreadable === 0) await this.remembered((memory) => memory.complete(results.key));
  }

  private downloadOf(
    { key }: BatchResults,
    { creator }: BatchClaim,
    reader: CallName | null,
    first: BatchItem,
  ): Download {
    let download = this.downloads.get(key);
    if (!download) {
      const name = creator ?? reader ?? unattributed(first.exchange);
      download = { name, items: 0, failed: 0, known: 0, costs: [] };
      // A download that was left in the middle may never end.
      if (this.downloads.size >= MAX_DOWNLOADS) this.downloads.clear();
      this.downloads.set(key, download);
    }
    return download;
  }

  private awaitItems(key: string, exchange: Exchange, reader: CallName | null): void {
    if (this.sums.has(key) || this.sums.size >= MAX_WAITING_SUMS) return;
    const timer = setTimeout(() => void this.track(this.recordSum(key)), this.sumDelayMs);
    timer.unref();
    this.sums.set(key, { exchange, reader, timer });
  }

  private dropSum(key: string): void {
    clearTimeout(this.sums.get(key)?.timer);
    this.sums.delete(key);
  }

  private async recordSum(key: string): Promise<void> {
    const sum = this.sums.get(key);
    if (!sum) return;
    this.dropSum(key);
    const { exchange, reader } = sum;
    const at = Date.now();
    const { isNew, creator } = await this.remembered((memory) => memory.claimSum(key, at));
    if (!isNew) return;
    const batch = { id: boundedName(exchange.response.id ?? key), item: null };
    const name = creator ?? reader ?? unattributed(exchange);
    this.output.record(this.recordOf(exchange, name, batch, at), false);
  }

  private recordOf(exchange: Exchange, name: CallName, batch: BatchOrigin, at = Date.now()): CallRecord {
    return recordOfItem({ exchange, name, batch, at }, this.pricer, this.errorStatuses);
  }

  /** Asks the store, or this process while the store does not respond. */
  private async remembered<T>(ask: (memory: BatchMemory) => Promise<T>): Promise<T> {
    if (this.stored !== null) {
      try {
        return await ask(this.stored);
      } catch {
        // The store reports its problem itself.
      }
    }
    return ask(this.own);
  }

  private rememberBatchOf(results: string, key: string): void {
    if (this.batchOf.size >= MAX_WAITING_SUMS) this.batchOf.clear();
    this.batchOf.set(results, key);
  }
}

/** Returns the id by which an item is claimed: a hash of an id that is too long to be stored. */
function claimIdOf(id: string): string {
  return id.length <= MAX_NAME_LENGTH ? id : createHash('sha256').update(id).digest('hex');
}

function unattributed({ request }: Exchange): CallName {
  return { feature: UNATTRIBUTED, operation: request.format.operation };
}
