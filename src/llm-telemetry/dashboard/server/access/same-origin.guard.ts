import { ForbiddenException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { headerOf, type PlatformRequest } from '../http/platform.js';
import { hostHeaderOf, urlOfHost } from './request-host.js';
import { redactTokenInSpans } from './token-in-address.js';

/** Requests that have reached the dashboard's own guards. */
const reached = new WeakSet<object>();

/** Returns true once all global guards of the application have let a request pass. */
export function hasPassedGlobalGuards(request: PlatformRequest): boolean {
  return reached.has(request);
}

/**
 * Refuses requests of other origins, whatever the application's CORS settings and cookies are. The first of the
 * dashboard's own guards. A person may follow a link from another site to a page.
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<PlatformRequest>();
    reached.add(request);
    redactTokenInSpans(request);
    if (isOfOtherOrigin(request))
      throw new ForbiddenException(
        'Requests of other origins are refused. Over plain http, a proxy must pass on the Host header.',
      );
    return true;
  }
}

/**
 * Compares `Origin` with `Host` where the browser sends no `Sec-Fetch-Site` (plain http). `X-Forwarded-Host` is ignored:
 * a page of another site can set it if the application's CORS settings allow its preflight request.
 */
function isOfOtherOrigin(request: PlatformRequest): boolean {
  const site = headerOf(request, 'sec-fetch-site');
  // `none`: the user typed the address or opened a bookmark.
  if (site !== null) return site !== 'same-origin' && site !== 'none' && !isNavigation(request);
  const origin = headerOf(request, 'origin');
  if (origin === null) return false;
  const { protocol, host } = URL.canParse(origin) ? new URL(origin) : { protocol: '', host: '' };
  // The default port of the scheme may be spelled out in either.
  return host === '' || urlOfHost(hostHeaderOf(request), protocol)?.host !== host;
}

/** Returns true for a link that is opened in a window: not for frames, images or forms. */
export function isNavigation(request: PlatformRequest): boolean {
  return (
    headerOf(request, 'sec-fetch-mode') === 'navigate' &&
    headerOf(request, 'sec-fetch-dest') === 'document' &&
    request.method === 'GET'
  );
}
