import type { CallRecord } from '../calls/record.js';
import type { RecordSink } from '../calls/ports.js';
import { onMissedRequest } from '../wire/transports/missed-requests.js';

/** Counts captured and missed model requests. */
export class CaptureCounts implements RecordSink {
  /** Requests of completed calls. */
  requests = 0;
  missedRequests = 0;
  /** Host of the latest missed request. */
  missedHost: string | null = null;
  /** Missed requests by host, for at most `MAX_HOSTS` hosts. */
  readonly missedByHost = new Map<string, number>();
  private unsubscribe: (() => void) | null = null;

  start(): void {
    this.unsubscribe = onMissedRequest(({ host }) => {
      this.missedRequests++;
      this.missedHost = host;
      const count = this.missedByHost.get(host);
      if (count !== undefined || this.missedByHost.size < MAX_HOSTS)
        this.missedByHost.set(host, (count ?? 0) + 1);
    });
  }

  stop(): void {
    this.unsubscribe?.();
    this.unsubscribe = null;
  }

  record({ attempts }: CallRecord): void {
    this.requests += attempts.length;
  }
}

const MAX_HOSTS = 50;
