import type { CallRecord } from './record.js';
import type { CallTrace } from './tracer.js';

/** Consumes the records of an application. What it throws is caught, counted and changes nothing. */
export interface RecordSink {
  /** `trace` is the call's own; whoever keeps it keeps its spans in memory. */
  record(record: CallRecord, trace: CallTrace): void;
  /** Hands on what it holds back for a moment. */
  flush?(): void;
  /** The application stops. Records of what it has left running may still come. */
  close?(): void;
}
