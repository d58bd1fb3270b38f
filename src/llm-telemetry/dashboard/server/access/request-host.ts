import { headerOf, type PlatformRequest } from '../http/platform.js';

/** Returns the `Host` header, or `:authority` over HTTP/2. */
export function hostHeaderOf(request: PlatformRequest): string | null {
  return headerOf(request, 'host') ?? headerOf(request, ':authority');
}

/** Parses a name or address with an optional port; `null` if it is anything else. `protocol`: as in `URL`. */
export function urlOfHost(host: string | null, protocol = 'http:'): URL | null {
  if (host === null || host.length > MAX_HOST_LENGTH || !/^[\w.:[\]-]+$/.test(host)) return null;
  const url = `${protocol}//${host}`;
  return URL.canParse(url) ? new URL(url) : null;
}

const MAX_HOST_LENGTH = 300;
