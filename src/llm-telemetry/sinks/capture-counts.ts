import type { CallRecord } from '../calls/record.js';
import type { RecordSink } from '../calls/record-sink.js';
import { onMissedRequest } from '../wire/transports/missed-requests.js';

/** Counts the requests to models that this process has seen, and those that went past it. */
export class CaptureCounts implements RecordSink {
  /** Those of calls that have ended. */
  requests = 0;
  missedRequests = 0;
  /** Where the latest of those went. */
  missedHost: string | null = null;
  private end: (() => void) | null = null;

  start(): void {
    this.end = onMissedRequest(({ host }) => {
      this.missedRequests++;
      this.missedHost = host;
    });
  }

  stop(): void {
    this.end?.();
    this.end = null;
  }

  record({ attempts }: CallRecord): void {
    this.requests += attempts.length;
  }
}
