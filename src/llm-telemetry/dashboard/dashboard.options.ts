import type { CanActivate, Type } from '@nestjs/common';

/**
 * Where the dashboard is mounted and who may read it; `false`: it is not mounted. With `guards` or a `token` nobody else
 * may. With neither it is mounted only outside of production (`NODE_ENV`), for whoever reaches the port.
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
  /** Mounts the dashboard in production without guards and token: everyone who reaches the port can read it. @defaultValue false */
  readonly open?: boolean | undefined;
  /**
   * Metadata keys that tell global guards (`APP_GUARD`, `app.useGlobalGuards`) to let a route pass, such as the key of a
   * `@Public()` decorator. The dashboard's controller and handlers get each key with the value `true`.
   *
   * Applies only with `token` or `guards`: without them the dashboard would be open to everyone.
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
