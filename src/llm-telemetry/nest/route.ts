import type { ExecutionContext } from '@nestjs/common';
import { asObject, asString } from '../wire/json/json-value.js';

/** A declared route, with names of parameters instead of values. */
export interface Route {
  readonly path: string;
  /** Method and path: the name of HTTP server spans in OpenTelemetry. */
  readonly name: string;
}

/** Returns the route of an HTTP request on Fastify or Express; `null` if there is none. */
export function routeOf(context: ExecutionContext): Route | null {
  if (context.getType() !== 'http') return null;
  const request = asObject(context.switchToHttp().getRequest<unknown>());
  const method = asString(request?.['method']);
  const path =
    asString(asObject(request?.['routeOptions'])?.['url']) ??
    asString(asObject(request?.['route'])?.['path']);
  return method !== null && path !== null ? { path, name: `${method} ${path}` } : null;
}
