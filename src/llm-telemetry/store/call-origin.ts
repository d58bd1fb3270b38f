/** The process that made a call. @publicApi */
export interface CallOrigin {
  /** Name, version and environment of the service; `null`: unknown. */
  readonly service: string | null;
  readonly version: string | null;
  readonly environment: string | null;
  /** Name of the process; `null`: unknown. */
  readonly instance: string | null;
}

/** The origin of calls that earlier versions stored. */
export const UNKNOWN_ORIGIN: CallOrigin = { service: null, version: null, environment: null, instance: null };
