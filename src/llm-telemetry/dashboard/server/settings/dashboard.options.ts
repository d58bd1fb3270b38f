import type { CanActivate, Type } from '@nestjs/common';

/**
 * Path and access control of the dashboard; `true` is the same as `{}`, and `false` disables it. Without `guards` and
 * `token` it serves only requests from the same machine, and is not mounted in production (`NODE_ENV`).
 *
 * @publicApi
 */
export type DashboardOption = DashboardOptions | boolean;

/** Metadata key, as passed to `SetMetadata`. @publicApi */
export type MetadataKey = string | symbol;

/** Options for the dashboard. @publicApi */
export interface DashboardOptions {
  /**
   * Path of the dashboard, below the global prefix of the application.
   *
   * @defaultValue 'llm'
   */
  readonly path?: string | undefined;
  /**
   * Guards that every request must pass: instances, or classes that the application provides or that have no
   * dependencies.
   *
   * @defaultValue []
   */
  readonly guards?: ReadonlyArray<Type<CanActivate> | CanActivate> | undefined;
  /**
   * Secret of 1 to 4096 characters that requests must carry as `Authorization: Bearer …`, as `?token=…` or through the
   * login form. The latter two set a session cookie for 7 days. Use at least 16 characters: a warning is logged for a
   * shorter token, which can be guessed. An empty token is an error.
   *
   * @defaultValue undefined (no token)
   */
  readonly token?: string | undefined;
  /**
   * Serves the dashboard without guards and token to everyone who can reach the port, also in production. Intended for
   * containers and remote development, where requests come from another machine.
   *
   * @defaultValue false
   */
  readonly open?: boolean | undefined;
  /**
   * Metadata keys by which global guards (`APP_GUARD`, `app.useGlobalGuards`) recognize public routes, such as the key
   * of a `@Public()` decorator. The controller and handlers of the dashboard get each key with the value `true`.
   *
   * Ignored without `token` and `guards`, because nothing else would protect the dashboard.
   *
   * @defaultValue none: global guards decide who may open the dashboard
   * @example publicMetadataKey: IS_PUBLIC_KEY
   */
  readonly publicMetadataKey?: MetadataKey | readonly MetadataKey[] | undefined;
  /**
   * URL of a trace in the tracing backend (http or https), with the placeholder `{traceId}` and optionally `{spanId}`.
   *
   * @defaultValue undefined (no links to traces)
   * @example traceUrl: 'https://jaeger.example.com/trace/{traceId}'
   */
  readonly traceUrl?: string | undefined;
}
