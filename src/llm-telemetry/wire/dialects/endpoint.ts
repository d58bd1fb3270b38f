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
  /** Name of the deployment in the path; `null` if the path names none. */
  readonly deployment: string | null;
}

/**
 * Returns a path or URL as the paths of formats are written: without a slash at its end, which some servers require and
 * others ignore, and without needless percent-encoding, which clients and proxies add (`%3AgenerateContent`).
 */
export function plainPath(path: string): string {
  const plain = path.includes('%') ? path.replace(ENCODED, decodedCharacter) : path;
  return plain.charCodeAt(plain.length - 1) === SLASH ? plain.slice(0, -1) : plain;
}

const SLASH = 0x2f;
const ENCODED = /%[2-7][\dA-Fa-f]/g;

/** Decodes a visible ASCII character, unless it would divide the URL in another way or start another encoded one. */
function decodedCharacter(encoded: string): string {
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
  return /[\w.~:@!$&'()*+,;=-]/.test(character) ? character : encoded;
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
  const path = plainPath(parsed.pathname);
  // A dot at the end marks the name as absolute (RFC 1034, 3.1).
  const host = parsed.hostname.replace(/\.$/, '');
  const known = knownHost(host, path);
  const endpoint: Endpoint = {
    provider: known?.provider ?? null,
    place: known?.place ?? null,
    host: boundedName(host),
    port: parsed.port === '' ? null : Number(parsed.port),
    url: parsed.origin + path,
    deployment: deploymentIn(path),
  };
  if (url.length > MAX_CACHED_URL_LENGTH) return endpoint;
  // Paths that contain ids have unbounded cardinality.
  if (endpoints.size >= MAX_CACHED_ENDPOINTS) endpoints.clear();
  endpoints.set(url, endpoint);
  return endpoint;
}

/** Azure OpenAI, also behind gateways: `/openai/deployments/my-gpt/chat/completions`. The body need not name the model. */
function deploymentIn(path: string): string | null {
  const name = /\/openai\/deployments\/([^/]+)\//.exec(path)?.[1];
  return name === undefined ? null : boundedName(name);
}

const endpoints = new Map<string, Endpoint>();
const MAX_CACHED_ENDPOINTS = 256;
/** Characters. Longer URLs contain data and are not reused. */
const MAX_CACHED_URL_LENGTH = 2048;
