import type { ClientRequest, OutgoingHttpHeaders } from 'node:http';
import { endpointOf, plainPath, type Endpoint } from '../../dialects/endpoint.js';
import type { RequestHeaders } from '../../exchanges/request-headers.js';

/** Returns the path of a request without its query, as `plainPath` does. A request through a proxy has an absolute URL for a path. */
export function pathOf({ path }: ClientRequest): string {
  const query = path.indexOf('?');
  return plainPath(query < 0 ? path : path.slice(0, query));
}

/** Returns the endpoint that a request is sent to; `null` if it is invalid. */
export function endpointOfRequest(request: ClientRequest, headers: RequestHeaders): Endpoint | null {
  const { path, protocol, host } = request;
  if (/^https?:\/\//i.test(path)) return endpointOf(path);
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return endpointOf(`${protocol}//${name}${portIn(headers.get('host'))}${path}`);
}

/** Returns the port of a `Host` header with its colon. Node.js adds it unless it is the default one. */
function portIn(host: string | null): string {
  return (host !== null && /:\d{1,5}$/.exec(host)?.[0]) || '';
}

/** Reads the headers of a request by the methods of its class. Headers that were given as an array are read once sent. */
export function headersOfRequest(request: ClientRequest): RequestHeaders {
  const headers = request.getHeaders();
  return Object.keys(headers).length > 0 ? new OutgoingHeaders(headers) : new RenderedHeaders(request);
}

class OutgoingHeaders implements RequestHeaders {
  readonly complete = true;

  constructor(private readonly headers: OutgoingHttpHeaders) {}

  get(name: string): string | null {
    const value = this.headers[name];
    if (value === undefined) return null;
    return Array.isArray(value) ? value.join(', ') : String(value);
  }
}

/** Headers that exist only as the text that is sent. */
class RenderedHeaders implements RequestHeaders {
  readonly complete = true;
  private readonly found = new Map<string, string>();

  constructor(request: ClientRequest) {
    const { _header: text } = request as ClientRequest & { readonly _header?: unknown };
    if (typeof text !== 'string') return;
    for (const line of text.split('\r\n').slice(1)) {
      const colon = line.indexOf(':');
      if (colon > 0) this.found.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
  }

  get(name: string): string | null {
    return this.found.get(name) ?? null;
  }
}
