import { urlOf, type PlatformRequest } from '../http/platform.js';

/** The part of a request's path that the route's wildcard has matched, decoded. */
export function wildcardOf({ params }: PlatformRequest): string {
  // Named by Fastify, by this library for Express, and by Nest where it rewrites `*` for Express.
  const wildcard = params['*'] ?? params['place'] ?? params['path'] ?? '';
  return typeof wildcard === 'string' ? wildcard : wildcard.join('/');
}

/** Returns true for paths of the API, which are answered with JSON. */
export function isApiPlace(place: string): boolean {
  return place === 'api' || place.startsWith('api/');
}

/** Returns true for places of the page that exist: what its address can say. */
export function isKnownPlace(place: string): boolean {
  return /^(?:|calls|alerts|calls\/[\dA-Za-z-]{1,64})$/.test(place);
}

/** What of a request's path comes after the dashboard's own, as plain segments; `null`: there are others among them. */
export function placeOf(request: PlatformRequest): string | null {
  // Names of ours need no encoding, and what is encoded may be a way out of here.
  if (urlOf(request).path.includes('%')) return null;
  const plain = wildcardOf(request).replace(/\/$/, '');
  return plain === '' || /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/.test(plain) ? plain : null;
}

/**
 * Where the dashboard is, as seen from a page of it: relative, so that a proxy may put anything before it. A browser
 * takes `api/summary` for a neighbour of what is after the last slash, which is the dashboard itself where its address
 * does not end in one.
 */
export function baseOf(request: PlatformRequest, place: string, mount: string): string {
  const { path } = urlOf(request);
  if (place === '') return path.endsWith('/') ? './' : `./${mount.split('/').at(-1)}/`;
  const depth = place.split('/').length - (path.endsWith('/') ? 0 : 1);
  return depth === 0 ? './' : '../'.repeat(depth);
}
