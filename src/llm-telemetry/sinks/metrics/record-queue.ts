import type { Context } from '@opentelemetry/api';
import type { CallRecord } from '../../calls/record.js';
import { guard } from '../../wire/guard.js';
import type { MetricAttribute } from './metric-attributes.js';
import type { Semconv } from '../attributes.js';
import { MAX_QUEUED_MS, MAX_QUEUED_RECORDS } from './limits.js';

/** A record to be counted, with the options of its application. */
export interface QueuedRecord {
  readonly record: CallRecord;
  /** Context of the call. */
  readonly context: Context | undefined;
  readonly semconv: Semconv;
  /** Enabled `metricAttributes`. */
  readonly enabled: ReadonlySet<MetricAttribute>;
}

/**
 * Queue of records to be counted in batches: when it is full, shortly after the first record, before the SDK reads (so that
 * exports are complete), or on `flush`. Most of the counting time is spent by the SDK on attribute keys, which is faster in
 * batches with warm processor caches.
 */
export class RecordQueue {
  private queued: QueuedRecord[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly count: (queued: QueuedRecord) => void) {}

  add(record: QueuedRecord): void {
    if (this.queued.push(record) >= MAX_QUEUED_RECORDS) this.flush();
    else this.timer ??= setTimeout(this.flush, MAX_QUEUED_MS).unref();
  }

  /** Counts all queued records. Never throws. */
  readonly flush = (): void => {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const { queued } = this;
    if (queued.length === 0) return;
    this.queued = [];
    for (const record of queued) guard('counting a call', () => this.count(record));
  };
}
