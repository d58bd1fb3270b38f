import { boundedName } from '../../text/bounded-name.js';
import { providerOfHost } from './provider-of-host.js';

/** Where a request goes: what its URL says. */
export interface Endpoint {
  /** `null` where the host is not a known one. */
  readonly provider: string | null;
  readonly host: string;
  /** `null` for the scheme's own port. */
  readonly port: number | null;
  /** Scheme, host and path, without query. */
  readonly url: string;
}

/**
 * The endpoint of a URL; `null` where it is none. An application has a handful of them and asks for each thousands of
 * times: parsing a URL takes longer than all the rest that is read of most requests.
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
  if (url.length > LONGEST_KEPT) return endpoint;
  // If ids are part of the path, there is no end of them.
  if (endpoints.size >= MOST_KEPT) endpoints.clear();
  endpoints.set(url, endpoint);
  return endpoint;
}

const endpoints = new Map<string, Endpoint>();
const MOST_KEPT = 256;
/** Characters. A longer URL holds data, and is not used again. */
const LONGEST_KEPT = 2048;
