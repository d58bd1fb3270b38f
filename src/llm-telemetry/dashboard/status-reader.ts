import type { CaptureCounts } from '../capture-counts.js';
import type { Status } from './api/status.js';
import { MAX_LIVE_CLIENTS, type LiveFeed } from './live/live-feed.js';
import { packageRoot, packageVersion } from '../store/package-root.js';
import type { LlmTelemetryQueries } from './queries/llm-telemetry-queries.js';

/** Tells how the telemetry itself does. */
export class StatusReader {
  private readonly startedAt = Date.now();
  private version: string | null = null;

  constructor(
    private readonly prices: Status['prices'],
    private readonly counts: CaptureCounts,
    private readonly queries: LlmTelemetryQueries,
    private readonly feed: LiveFeed,
  ) {}

  async read(): Promise<Status> {
    return {
      service: serviceName(process.env),
      version: (this.version ??= packageVersion(packageRoot()) ?? 'unknown'),
      asOf: Date.now(),
      startedAt: this.startedAt,
      capture: this.capture(),
      prices: this.prices,
      store: await this.queries.status(),
      live: { clients: this.feed.size, limit: MAX_LIVE_CLIENTS },
    };
  }

  private capture(): Status['capture'] {
    const { requests, missedRequests, missedHost } = this.counts;
    return { requests, missedRequests, missedHost };
  }
}

/** As OpenTelemetry has it: `OTEL_SERVICE_NAME`, else `service.name` of the resource attributes. */
function serviceName(env: NodeJS.ProcessEnv): string | null {
  if (env['OTEL_SERVICE_NAME']) return env['OTEL_SERVICE_NAME'];
  const [, name] = /(?:^|,)\s*service\.name=([^,]+)/.exec(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '') ?? [];
  return name?.trim() || null;
}
