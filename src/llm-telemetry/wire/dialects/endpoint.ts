import { boundedName } from '../../text/bounded-name.js';
import { providerOfHost } from './provider-of-host.js';

/** The endpoint of a request, from its URL. */
export interface Endpoint {
  /** `null` if the host is unknown. */
  readonly provider: string | null;
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
  const known = endpoints.get(url);
  if (known) return known;
  const parsed = URL.parse(url);
  if (parsed === null) return null;
  const endpoint: Endpoint = {
    provider: providerOfHost(parsed.hostname),
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
