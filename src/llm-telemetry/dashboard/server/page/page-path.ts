import { urlOf, type PlatformRequest } from '../http/platform.js';

/** Returns the part of the path that the wildcard of the route matched, decoded. */
export function wildcardOf({ params }: PlatformRequest): string {
  // `*` on Fastify, `place` on Express, `path` if Nest rewrites `*` for Express.
  const wildcard = params['*'] ?? params['place'] ?? params['path'] ?? '';
  return typeof wildcard === 'string' ? wildcard : wildcard.join('/');
}

/** Returns true for paths of the API, whose responses are JSON. */
export function isApiPath(place: string): boolean {
  return place === 'api' || place.startsWith('api/');
}

/** Returns true for paths that the client-side router of the page knows. */
export function isPagePath(place: string): boolean {
  return /^(?:|calls|alerts|calls\/[\dA-Za-z-]{1,64})$/.test(place);
}

/** Returns the path below the dashboard; `null` if it contains anything but plain segments. */
export function subPathOf(request: PlatformRequest): string | null {
  // No path of the dashboard needs encoding, and an encoded one may be a path traversal.
  if (urlOf(request).path.includes('%')) return null;
  const plain = wildcardOf(request).replace(/\/$/, '');
  return plain === '' || /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/.test(plain) ? plain : null;
}

/**
 * Returns the `<base>` of a page: the dashboard's URL relative to the request, so that any proxy prefix works. A browser
 * resolves relative URLs against the last slash, which precedes the dashboard's name if its URL has no trailing slash.
 */
export function baseOf(request: PlatformRequest, place: string, mount: string): string {
  const { path } = urlOf(request);
  if (place === '') return path.endsWith('/') ? './' : `./${mount.split('/').at(-1)}/`;
  const depth = place.split('/').length - (path.endsWith('/') ? 0 : 1);
  return depth === 0 ? './' : '../'.repeat(depth);
}
