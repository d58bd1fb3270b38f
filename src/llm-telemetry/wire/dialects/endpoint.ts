import { boundedName } from '../../text/bounded-name.js';
import { knownHost } from './host-match.js';

/** The endpoint of a request, from its URL. */
export interface Endpoint {
  /** `null` if the host is unknown. */
  readonly provider: string | null;
  /** Region, data zone or other place of the endpoint; `null` if host and path name none. */
  readonly place: string | null;
  readonly host: string;
  /** `null` for the default port of the scheme. */
  readonly port: number | null;
  /** Scheme, host and path, without query. */
  readonly url: string;
}

/**
 * Returns the endpoint of a URL; `null` if the URL is invalid. Cached, because an application uses few URLs and parsing
 * one takes longer than reading the rest of most requests.
 */
export function endpointOf(url: string): Endpoint | null {
  const cached = endpoints.get(url);
  if (cached) return cached;
  const parsed = URL.parse(url);
  if (parsed === null) return null;
  const known = knownHost(parsed.hostname, parsed.pathname);
  const endpoint: Endpoint = {
    provider: known?.provider ?? null,
    place: known?.place ?? null,
    host: boundedName(parsed.hostname),
    port: parsed.port === '' ? null : Number(parsed.port),
    url: parsed.origin + parsed.pathname,
  };
  if (url.length > MAX_CACHED_URL_LENGTH) return endpoint;
  // Paths that contain ids have unbounded cardinality.
  if (endpoints.size >= MAX_CACHED_ENDPOINTS) endpoints.clear();
  endpoints.set(url, endpoint);
  return endpoint;
}

const endpoints = new Map<string, Endpoint>();
const MAX_CACHED_ENDPOINTS = 256;
/** Characters. Longer URLs contain data and are not reused. */
const MAX_CACHED_URL_LENGTH = 2048;
