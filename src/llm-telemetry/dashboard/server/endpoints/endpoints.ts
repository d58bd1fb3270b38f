import type { PlatformRequest, PlatformResponse } from '../http/platform.js';

/** Answers one endpoint of the API. `id` is the last segment of paths that end in one. */
export type Endpoint = (
  request: PlatformRequest,
  response: PlatformResponse,
  id: string,
) => void | Promise<void>;

/** Endpoints by their path below the dashboard; `/*` at the end stands for an id. */
export type EndpointTable = Readonly<Record<string, Endpoint>>;

/** Finds the endpoint of a path. */
export class EndpointRouter {
  private readonly endpoints = new Map<string, Endpoint>();

  constructor(tables: readonly EndpointTable[]) {
    for (const table of tables)
      for (const [path, endpoint] of Object.entries(table)) this.endpoints.set(path, endpoint);
  }

  /** `null`: no such endpoint. */
  find(path: string): { readonly endpoint: Endpoint; readonly id: string } | null {
    const exact = this.endpoints.get(path);
    if (exact) return { endpoint: exact, id: '' };
    // `api/calls/<id>`: whatever comes after the second slash is the id, and is checked as one.
    const [, parent, id] = /^(api\/[^/]+)\/(.+)$/s.exec(path) ?? [];
    const endpoint = parent === undefined ? undefined : this.endpoints.get(`${parent}/*`);
    return endpoint ? { endpoint, id: id! } : null;
  }
}
