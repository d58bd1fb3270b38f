import type { CallRecord } from '../calls/record.js';
import type { RecordSink } from '../calls/ports.js';
import { reportFault } from '../wire/guard.js';

/** Passes records to the option `onCall`. */
export class CallbackSink implements RecordSink {
  constructor(private readonly onCall: (record: CallRecord) => unknown) {}

  record(record: CallRecord): void {
    const result = this.onCall(record);
    if (result instanceof Promise) result.catch((error: unknown) => reportFault('onCall', error));
  }
}
