import type { CallRecord } from './record.js';
import type { CallTrace } from './tracer.js';

/** Consumes the records of an application. Errors are caught and reported. */
export interface RecordSink {
  /** `trace` belongs to the call. Retaining it retains the spans of the call. */
  record(record: CallRecord, trace: CallTrace): void;
  /** Processes buffered records. */
  flush?(): void;
  /** Called when the application stops. Records of calls that still run can follow. */
  close?(): void;
}
