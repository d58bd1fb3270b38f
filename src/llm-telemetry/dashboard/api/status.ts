import type { StoreStatus } from '../../store/store-status.js';

/** How the telemetry itself does. @publicApi */
export interface Status {
  /**
   * Name of the service: `OTEL_SERVICE_NAME`, else `service.name` of `OTEL_RESOURCE_ATTRIBUTES`, else the name of the
   * application's package. `null`: unknown.
   */
  readonly service: string | null;
  /** `service.version` of `OTEL_RESOURCE_ATTRIBUTES`, else the version of the application's package. `null`: unknown. */
  readonly serviceVersion: string | null;
  /** The process that answers. */
  readonly instance: {
    /** `service.instance.id` of `OTEL_RESOURCE_ATTRIBUTES`, else host and process id. */
    readonly id: string;
    readonly host: string;
    readonly pid: number;
    /** Version of Node.js. */
    readonly node: string;
  };
  /** Of this library. */
  readonly version: string;
  /** By the server's clock. */
  readonly asOf: number;
  /** Since when this process watches. */
  readonly startedAt: number;
  /** What this process has seen on the wire since then, whether it is kept or not. */
  readonly capture: {
    /** Requests to models, of calls that have ended. */
    readonly requests: number;
    /** Requests to models that went past `fetch`: their client was built before it was tapped, or brings its own. */
    readonly missedRequests: number;
    /** Where the latest of those went; `null`: there were none. */
    readonly missedHost: string | null;
  };
  /**
   * The table's name, version and date; `null`: a provider of the application's own. Overrides are those in code, the ones
   * of a file aside.
   */
  readonly prices: { readonly table: string | null; readonly overrides: number };
  /** `null`: the application has switched it off, and there is nothing to be seen. */
  readonly store: StoreStatus | null;
  /** When the first call ended of which measures are kept, Unix milliseconds. `null`: no calls. */
  readonly firstCallAt: number | null;
  /** Clients of `api/live`, and how many there may be. */
  readonly live: { readonly clients: number; readonly limit: number };
}
