import type { StoreStatus } from '../../store/store-status.js';

/** How the telemetry itself does. @publicApi */
export interface Status {
  /** The service's name as OpenTelemetry has it (`OTEL_SERVICE_NAME`); `null`: it has none. */
  readonly service: string | null;
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
  /** Clients of `api/live`, and how many there may be. */
  readonly live: { readonly clients: number; readonly limit: number };
}
