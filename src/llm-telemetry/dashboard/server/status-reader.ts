import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { CaptureCounts } from '../../sinks/capture-counts.js';
import type { Status } from '../api/status.js';
import { MAX_LIVE_CLIENTS, type LiveFeed } from './live-feed.js';
import { packageRoot, packageVersion, manifestAbove } from '../../runtime/package-root.js';
import type { LlmTelemetryQueries } from '../../analytics/llm-telemetry-queries.js';

/** Reads the status of the telemetry itself. */
export class StatusReader {
  private readonly startedAt = Date.now();
  private readonly identity = serviceIdentity();
  private version: string | null = null;

  constructor(
    private readonly prices: () => Status['prices'],
    private readonly counts: CaptureCounts,
    private readonly queries: LlmTelemetryQueries,
    private readonly feed: LiveFeed,
  ) {}

  async read(): Promise<Status> {
    const store = await this.queries.status();
    return {
      ...this.identity,
      version: (this.version ??= packageVersion(packageRoot()) ?? 'unknown'),
      asOf: Date.now(),
      startedAt: this.startedAt,
      capture: this.capture(),
      prices: this.prices(),
      store,
      firstCallAt: store && (store.firstCallAt ?? store.oldest),
      live: { clients: this.feed.size, limit: MAX_LIVE_CLIENTS },
    };
  }

  private capture(): Status['capture'] {
    const { requests, missedRequests, missedHost, missedByHost } = this.counts;
    return { requests, missedRequests, missedHost, missedByHost: Object.fromEntries(missedByHost) };
  }
}

/** Returns name, version and instance of the service from OpenTelemetry variables, else from the application's package. */
export function serviceIdentity(
  env: NodeJS.ProcessEnv = process.env,
  start: { readonly script: string | undefined; readonly folder: string } = {
    script: process.argv[1],
    folder: process.cwd(),
  },
): Pick<Status, 'service' | 'serviceVersion' | 'instance'> {
  const attributes = resourceAttributes(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '');
  // A script in node_modules is a runner (jest, ts-node, pm2).
  const { script } = start;
  const isOwn = script !== undefined && !/[\\/]node_modules[\\/]/.test(script);
  const manifest = (isOwn ? manifestAbove(dirname(script)) : null) ?? manifestAbove(start.folder);
  const name = env['OTEL_SERVICE_NAME'] || attributes.get('service.name');
  return {
    service: name || manifest?.name || null,
    serviceVersion: attributes.get('service.version') || manifest?.version || null,
    instance: {
      id: attributes.get('service.instance.id') || `${hostname()}:${process.pid}`,
      host: attributes.get('host.name') || hostname(),
      pid: process.pid,
      node: process.versions.node,
    },
  };
}

/** `key=value,key=value`, each value percent-encoded. */
function resourceAttributes(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const pair of text.split(',')) {
    const at = pair.indexOf('=');
    if (at > 0) attributes.set(pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim()));
  }
  return attributes;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
