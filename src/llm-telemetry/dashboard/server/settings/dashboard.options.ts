import type { CanActivate, Type } from '@nestjs/common';

/**
 * Where the dashboard is mounted and who may read it; `false`: it is not mounted. With `guards` or a `token`, these
 * decide. With neither it serves requests from this machine only, and is not mounted in production (`NODE_ENV`).
 *
 * @publicApi
 */
export type DashboardOption = DashboardOptions | false;

/** A key of `SetMetadata`. @publicApi */
export type MetadataKey = string | symbol;

/** @publicApi */
export interface DashboardOptions {
  /** Below the application's global prefix, where it has one. Default `llm`. */
  readonly path?: string | undefined;
  /**
   * Guards of the application, each of which every request has to pass: classes that it provides (or that need nothing),
   * or instances.
   */
  readonly guards?: ReadonlyArray<Type<CanActivate> | CanActivate> | undefined;
  /**
   * A long secret: as `Authorization: Bearer …`, as `?token=…`, or typed into the dashboard's
   * form; the latter two set a cookie. `undefined` is the same as not set; an empty token is an error.
   */
  readonly token?: string | undefined;
  /**
   * Serves the dashboard without guards and token to everyone who can reach the port, in production too. For containers
   * and remote development, where requests do not come from the machine of the application.
   *
   * @defaultValue false
   */
  readonly open?: boolean | undefined;
  /**
   * Metadata keys that tell global guards (`APP_GUARD`, `app.useGlobalGuards`) to let a route pass, such as the key of a
   * `@Public()` decorator. The dashboard's controller and handlers get each key with the value `true`.
   *
   * Applies only with `token` or `guards`: without them nothing else would protect the dashboard.
   *
   * @defaultValue none: global guards decide who may open the dashboard
   * @example publicMetadataKey: IS_PUBLIC_KEY
   */
  readonly publicMetadataKey?: MetadataKey | readonly MetadataKey[] | undefined;
  /**
   * Where a trace is to be seen: an address (http or https) with `{traceId}` in it, and `{spanId}` if need be, such as
   * `https://jaeger.example.com/trace/{traceId}`.
   */
  readonly traceUrl?: string | undefined;
}
