import type { CallRecord } from '../calls/record.js';
import type { RecordSink } from '../calls/ports.js';
import { onMissedRequest } from '../wire/transports/missed-requests.js';
import type { MissedTransport } from '../wire/transports/missed-transports.js';

/** Counts captured and missed model requests. */
export class CaptureCounts implements RecordSink {
  /** Requests of completed calls. */
  requests = 0;
  missedRequests = 0;
  /** Host of the latest missed request. */
  missedHost: string | null = null;
  /** Missed requests by host, for at most `MAX_HOSTS` hosts. */
  readonly missedByHost = new Map<string, number>();
  /** The requests of `missedByHost` by transport, then by host. */
  readonly missedByTransport = new Map<MissedTransport, Map<string, number>>();
  private unsubscribe: (() => void) | null = null;

  start(): void {
    this.unsubscribe = onMissedRequest(({ host, transport }) => {
      this.missedRequests++;
      this.missedHost = host;
      if (!this.missedByHost.has(host) && this.missedByHost.size >= MAX_HOSTS) return;
      const hosts = this.missedByTransport.get(transport) ?? new Map<string, number>();
      this.missedByTransport.set(transport, hosts);
      for (const counts of [this.missedByHost, hosts]) counts.set(host, (counts.get(host) ?? 0) + 1);
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
