import { ForbiddenException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { headerOf, type PlatformRequest } from '../http/platform.js';

/** Requests that have reached the dashboard's own guards. */
const reached = new WeakSet<object>();

/** Returns true once all global guards of the application have let a request pass. */
export function hasPassedGlobalGuards(request: PlatformRequest): boolean {
  return reached.has(request);
}

/**
 * Refuses requests of other sites. The first of the dashboard's own guards. Other sites cannot read anything here, whatever the application's CORS settings and cookies are. That a person follows
 * a link to the page is no reading.
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<PlatformRequest>();
    reached.add(request);
    if (isOfOtherOrigin(request)) throw new ForbiddenException('This can be read from its own site only.');
    return true;
  }
}

function isOfOtherOrigin(request: PlatformRequest): boolean {
  const site = headerOf(request, 'sec-fetch-site');
  // Every browser of today says where a request is from. `none`: a person typed it.
  if (site !== null) return site !== 'same-origin' && site !== 'none' && !isNavigation(request);
  const origin = headerOf(request, 'origin');
  return (
    origin !== null && hostOf(origin) !== (headerOf(request, 'x-forwarded-host') ?? headerOf(request, 'host'))
  );
}

/** Of a window by a link, and not of a frame, an image or a form that is sent. */
function isNavigation(request: PlatformRequest): boolean {
  return (
    headerOf(request, 'sec-fetch-mode') === 'navigate' &&
    headerOf(request, 'sec-fetch-dest') === 'document' &&
    request.method === 'GET'
  );
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
