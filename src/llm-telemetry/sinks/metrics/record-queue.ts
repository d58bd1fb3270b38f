import type { Context } from '@opentelemetry/api';
import type { CallRecord } from '../../calls/record.js';
import { guard } from '../../wire/guard.js';
import type { MetricAttribute } from './metric-attributes.js';
import type { Semconv } from '../semconv.js';
import { LONGEST_WAIT_MS, MAX_WAITING_RECORDS } from './limits.js';

/** A record that is to be counted, and how its application wants that. */
export interface WaitingRecord {
  readonly record: CallRecord;
  /** That of the call. */
  readonly context: Context | undefined;
  readonly semconv: Semconv;
  readonly asked: ReadonlySet<MetricAttribute>;
}

/**
 * Records on their way into the metrics. Most of what counting takes is the SDK's, which makes a key of the attributes of
 * each value; between all else that a call does nothing of it is in the processor's caches, and it takes longer. So they
 * are counted together: when there are some, a moment after the first, before the SDK reads (nothing is missing from
 * what it exports), or on `flush`.
 */
export class WaitingRecords {
  private waiting: WaitingRecord[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly count: (waiting: WaitingRecord) => void) {}

  add(record: WaitingRecord): void {
    if (this.waiting.push(record) >= MAX_WAITING_RECORDS) this.flush();
    else this.timer ??= setTimeout(this.flush, LONGEST_WAIT_MS).unref();
  }

  /** Counts all that wait. Never throws. */
  readonly flush = (): void => {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const { waiting } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    for (const record of waiting) guard('counting a call', () => this.count(record));
  };
}
