import type { ExecutionContext } from '@nestjs/common';
import { asObject, asString } from '../wire/json/json-value.js';

/** A route as it was declared, with its parameters' names instead of their values. */
export interface Route {
  readonly path: string;
  /** The method before the path: what OpenTelemetry names HTTP server spans. */
  readonly name: string;
}

/** The route that an HTTP request came in by, on Fastify and on Express; `null` where there is none. */
export function routeOf(context: ExecutionContext): Route | null {
  if (context.getType() !== 'http') return null;
  const request = asObject(context.switchToHttp().getRequest<unknown>());
  const method = asString(request?.['method']);
  const path =
    asString(asObject(request?.['routeOptions'])?.['url']) ??
    asString(asObject(request?.['route'])?.['path']);
  return method !== null && path !== null ? { path, name: `${method} ${path}` } : null;
}
