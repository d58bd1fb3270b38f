import { ForbiddenException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { headerOf, type PlatformRequest, hostHeaderOf, urlOfHost } from '../http/platform.js';
import { redactTokenInSpans } from './token-in-address.js';

/** Requests that passed all global guards and reached the guards of the dashboard. */
const reached = new WeakSet<object>();

/** Returns true if a request passed all global guards of the application. */
export function hasPassedGlobalGuards(request: PlatformRequest): boolean {
  return reached.has(request);
}

/**
 * Refuses cross-origin requests, regardless of the application's CORS settings and cookies. Must be the first of the
 * dashboard's guards. Links from other sites to a page are allowed.
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<PlatformRequest>();
    reached.add(request);
    redactTokenInSpans(request);
    if (isCrossOrigin(request))
      throw new ForbiddenException(
        'Cross-origin requests are refused. Over plain http, a proxy must forward the Host header.',
      );
    return true;
  }
}

/**
 * Compares `Origin` with `Host` where the browser sends no `Sec-Fetch-Site` (plain http). `X-Forwarded-Host` is ignored:
 * a page of another site can set it if the application's CORS settings allow its preflight request.
 */
function isCrossOrigin(request: PlatformRequest): boolean {
  const site = headerOf(request, 'sec-fetch-site');
  // `none`: the user typed the address or opened a bookmark.
  if (site !== null) return site !== 'same-origin' && site !== 'none' && !isNavigation(request);
  const origin = headerOf(request, 'origin');
  if (origin === null) return false;
  const { protocol, host } = URL.canParse(origin) ? new URL(origin) : { protocol: '', host: '' };
  // Either may contain the default port of the scheme.
  return host === '' || urlOfHost(hostHeaderOf(request), protocol)?.host !== host;
}

/** Returns true for top-level navigation: not for frames, images or forms. */
export function isNavigation(request: PlatformRequest): boolean {
  return (
    headerOf(request, 'sec-fetch-mode') === 'navigate' &&
    headerOf(request, 'sec-fetch-dest') === 'document' &&
    request.method === 'GET'
  );
}
