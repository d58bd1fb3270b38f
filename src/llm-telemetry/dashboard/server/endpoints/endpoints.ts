import { BadRequestException, NotFoundException } from '@nestjs/common';
import { urlOf, type PlatformRequest, type PlatformResponse } from '../http/platform.js';
import type { Queries } from './queries.schema.js';

/** Handler of one endpoint of the API. `id`: the last segment of paths with an id, else empty. */
export type Endpoint<Path extends keyof Queries> = (
  query: Queries[Path],
  request: PlatformRequest,
  response: PlatformResponse,
  id: string,
) => void | Promise<void>;

/** Endpoints by path, relative to the dashboard. A trailing `/*` matches an id. */
export type EndpointTable = { readonly [Path in keyof Queries]?: Endpoint<Path> };

/** Validates queries and passes them to the endpoints. */
export class EndpointRouter {
  private readonly endpoints: EndpointTable;

  constructor(tables: readonly EndpointTable[]) {
    this.endpoints = Object.assign({}, ...tables) as EndpointTable;
  }

  /** @throws NotFoundException for an unknown endpoint, BadRequestException for an invalid query. */
  async handle(path: string, request: PlatformRequest, response: PlatformResponse): Promise<void> {
    if (this.has(path)) return this.run(path, request, response, '');
    // `api/calls/<id>`: everything after the second slash is the id. The endpoint validates it.
    const [, parent, id] = /^(api\/[^/]+)\/(.+)$/s.exec(path) ?? [];
    const pattern = `${parent}/*`;
    if (id !== undefined && this.has(pattern)) return this.run(pattern, request, response, id);
    throw new NotFoundException('Unknown endpoint. All endpoints are listed in docs/api.md.');
  }

  private has(path: string): path is keyof Queries {
    return Object.hasOwn(this.endpoints, path);
  }

  private async run(
    path: keyof Queries,
    request: PlatformRequest,
    response: PlatformResponse,
    id: string,
  ): Promise<void> {
    const endpoint = this.endpoints[path] as Endpoint<typeof path>;
    await endpoint(await readQuery(path, request), request, response, id);
  }
}

/** @throws BadRequestException */
async function readQuery(path: keyof Queries, request: PlatformRequest): Promise<never> {
  // Loads the validation, which must not be loaded when the library is imported.
  const [{ QUERIES }, { parseQuery, QueryError }] = await Promise.all([
    import('./queries.schema.js'),
    import('../../../validation/query.js'),
  ]);
  const { query } = urlOf(request);
  // The token is checked by a guard, and is not part of the query.
  query.delete('token');
  try {
    return parseQuery(QUERIES[path], query) as never;
  } catch (error) {
    throw error instanceof QueryError ? new BadRequestException(error.message) : error;
  }
}
