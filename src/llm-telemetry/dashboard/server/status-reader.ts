import type { CaptureCounts } from '../../sinks/capture-counts.js';
import type { Status } from '../api/status.js';
import type { SeparateInstances } from './separate-instances.js';
import { MAX_LIVE_CLIENTS, type LiveFeed } from './live-feed.js';
import { packageRoot, packageVersion } from '../../runtime/package-root.js';
import type { ServiceIdentity } from '../../runtime/service-identity.js';
import type { LlmTelemetryQueries } from '../../analytics/llm-telemetry-queries.js';

/** Reads the status of the telemetry itself. */
export class StatusReader {
  private readonly startedAt = Date.now();
  private version: string | null = null;

  constructor(
    private readonly identity: ServiceIdentity,
    private readonly prices: () => Status['prices'],
    private readonly counts: CaptureCounts,
    private readonly queries: LlmTelemetryQueries,
    private readonly feed: LiveFeed,
    private readonly separate: SeparateInstances,
  ) {}

  /** Name of this process. */
  get instance(): string {
    return this.identity.instance;
  }

  /** `instances`: value of the header that names the processes that respond to the page. */
  async read(instances: string | null): Promise<Status> {
    const store = await this.queries.status();
    const { name, version, environment, instance, host, pid } = this.identity;
    return {
      service: name,
      serviceVersion: version,
      environment,
      instance: { id: instance, host, pid, node: process.versions.node },
      version: (this.version ??= packageVersion(packageRoot()) ?? 'unknown'),
      asOf: Date.now(),
      startedAt: this.startedAt,
      capture: this.capture(),
      prices: this.prices(),
      store,
      separateInstances: this.separate.check(instance, instances, store),
      firstCallAt: store && (store.firstCallAt ?? store.oldest),
      live: { clients: this.feed.size, limit: MAX_LIVE_CLIENTS },
    };
  }

  private capture(): Status['capture'] {
    const { requests, missedRequests, missedHost, missedByHost, missedByTransport } = this.counts;
    return {
      requests,
      missedRequests,
      missedHost,
      missedByHost: Object.fromEntries(missedByHost),
      missedByTransport: Object.fromEntries(
        [...missedByTransport].map(([transport, hosts]) => [transport, Object.fromEntries(hosts)]),
      ),
    };
  }
}
