import type { MissedTransport } from '../../wire/transports/missed-transports.js';
import type { StoreStatus } from '../../store/call-store.js';

/** Status of the telemetry itself. @publicApi */
export interface Status {
  /** Name of the service (option `service`). `null`: unknown. */
  readonly service: string | null;
  /** `null`: unknown. */
  readonly serviceVersion: string | null;
  /** `null`: unknown. */
  readonly environment: string | null;
  /** Process that sent the response. */
  readonly instance: {
    /** Name of the process (option `service.instance`). */
    readonly id: string;
    readonly host: string;
    readonly pid: number;
    /** Version of Node.js. */
    readonly node: string;
  };
  /** Version of this library. */
  readonly version: string;
  /** Server time, Unix milliseconds. */
  readonly asOf: number;
  /** Start of capture in this process, Unix milliseconds. */
  readonly startedAt: number;
  /** Requests of this process since `startedAt`, independent of the store. */
  readonly capture: {
    /** Model requests of calls that ended. */
    readonly requests: number;
    /** Model requests that bypassed the instrumentation: the client was created too early or has its own `fetch`. */
    readonly missedRequests: number;
    /** Host of the latest missed request; `null` if there were none. */
    readonly missedHost: string | null;
    /** Missed requests by host, for at most 50 hosts. */
    readonly missedByHost: Readonly<Record<string, number>>;
    /** The same requests by transport, which determines the remedy, then by host. */
    readonly missedByTransport: Readonly<Partial<Record<MissedTransport, Readonly<Record<string, number>>>>>;
  };
  /**
   * `table`: name, version and date of the price table; `null` with a custom price provider. `tableDate`: date (UTC) of
   * its data, such as `2026-09-23`; `null` if unknown. `overrides`: number of overrides in code, without those in a file.
   */
  readonly prices: {
    readonly table: string | null;
    readonly tableDate: string | null;
    readonly overrides: number;
  };
  /** `null` if the store is disabled (`store: false`). */
  readonly store: StoreStatus | null;
  /**
   * Names of instances that respond at the same address but do not share the store, so that responses cover the calls of one
   * instance only. Reported by the page, if their responses alternate for more than 90 seconds, or noticed by the store
   * (`StoreStatus.separateInstances`). Empty: none is known.
   */
  readonly separateInstances: readonly string[];
  /** End of the first call with stored measures, Unix milliseconds. `null` if there are no calls. */
  readonly firstCallAt: number | null;
  /** Clients of `api/live`, and their maximum. */
  readonly live: { readonly clients: number; readonly limit: number };
}
