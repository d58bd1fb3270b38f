import type { PlatformRequest, PlatformResponse } from '../http/platform.js';

/** Handler of one endpoint of the API. `id`: the last segment of paths with an id, else empty. */
export type Endpoint = (
  request: PlatformRequest,
  response: PlatformResponse,
  id: string,
) => void | Promise<void>;

/** Endpoints by path, relative to the dashboard. A trailing `/*` matches an id. */
export type EndpointTable = Readonly<Record<string, Endpoint>>;

/** Finds the endpoint of a path. */
export class EndpointRouter {
  private readonly endpoints = new Map<string, Endpoint>();

  constructor(tables: readonly EndpointTable[]) {
    for (const table of tables)
      for (const [path, endpoint] of Object.entries(table)) this.endpoints.set(path, endpoint);
  }

  /** Returns `null` for an unknown endpoint. */
  find(path: string): { readonly endpoint: Endpoint; readonly id: string } | null {
    const exact = this.endpoints.get(path);
    if (exact) return { endpoint: exact, id: '' };
    // `api/calls/<id>`: everything after the second slash is the id. The endpoint validates it.
    const [, parent, id] = /^(api\/[^/]+)\/(.+)$/s.exec(path) ?? [];
    const endpoint = parent === undefined ? undefined : this.endpoints.get(`${parent}/*`);
    return endpoint ? { endpoint, id: id! } : null;
  }
}
