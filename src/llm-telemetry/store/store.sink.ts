import type { CallRecord } from '../calls/record.js';
import type { RecordSink } from '../calls/record-sink.js';
import type { CallStore } from './call-store.js';

/** Adds the records of ended calls to the store. */
export class StoreSink implements RecordSink {
  constructor(private readonly store: CallStore) {}

  record(record: CallRecord): void {
    this.store.record(record);
  }
}
