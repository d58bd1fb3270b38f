import { BlockList, isIP } from 'node:net';
import {
  ForbiddenException,
  Inject,
  Injectable,
  Logger,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../settings/dashboard.settings.js';
import { headerOf, hostHeaderOf, urlOfHost, type PlatformRequest } from '../http/platform.js';
import { isNavigation } from './same-origin.guard.js';

/** Refuses requests from other machines unless the dashboard has a token, guards or `open: true`. */
@Injectable()
export class LocalOnlyGuard implements CanActivate {
  private readonly logger = new Logger('LlmDashboard');
  private hasWarned = false;

  constructor(@Inject(DASHBOARD_SETTINGS) private readonly settings: DashboardSettings) {}

  canActivate(context: ExecutionContext): boolean {
    if (!this.settings.localOnly) return true;
    const reason = remoteReasonOf(context.switchToHttp().getRequest<PlatformRequest>());
    if (reason === null) return true;
    this.warnOnce(reason);
    throw new LocalOnlyException(reason);
  }

  private warnOnce(reason: RemoteReason): void {
    if (this.hasWarned) return;
    this.hasWarned = true;
    this.logger.warn(
      `Dashboard: refused a request that ${REMOTE_REASONS[reason]}. Without dashboard.token or dashboard.guards only ` +
        'requests from this machine are served. Set one of them, or set dashboard: { open: true } to serve everyone who ' +
        'can reach the port (logged once).',
    );
  }
}

export class LocalOnlyException extends ForbiddenException {
  constructor(readonly reason: RemoteReason) {
    super(
      `This dashboard serves only requests from its own machine, and this one ${REMOTE_REASONS[reason]}. To open it ` +
        'to others, set dashboard.token, dashboard.guards or dashboard.open (docs/dashboard.md).',
    );
  }
}

/** Completes "a request that …". */
export const REMOTE_REASONS: Readonly<Record<RemoteReason, string>> = {
  peer: 'came from another machine or from outside its container',
  proxy: 'came through a proxy',
  host: 'was not addressed to localhost',
  page: 'came from a page that is not on localhost',
};

/** Reason why a request does not count as local. */
export type RemoteReason = 'peer' | 'proxy' | 'host' | 'page';

/**
 * Returns why a request does not come from this machine, or `null` if it does: from a loopback address, for a loopback
 * host name, and through no proxy that identifies itself. A page of another site that rebinds its name to 127.0.0.1 (DNS
 * rebinding) still sends its own name as `Host`.
 */
export function remoteReasonOf(request: PlatformRequest): RemoteReason | null {
  if (!isLoopbackAddress(request.socket.remoteAddress)) return 'peer';
  if (isProxied(request)) return 'proxy';
  if (!isLoopbackHost(hostHeaderOf(request))) return 'host';
  return isFromLocalPage(request) ? null : 'page';
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Returns true for 127.0.0.0/8 and ::1, also as IPv4-mapped IPv6. A Unix socket has no address. */
export function isLoopbackAddress(address: string | undefined): boolean {
  const family = isIP(address ?? '');
  return family !== 0 && LOOPBACK.check(address!, family === 4 ? 'ipv4' : 'ipv6');
}

/** Returns true for `localhost`, names below it, and loopback addresses, with or without a port. */
export function isLoopbackHost(host: string | null): boolean {
  const name = urlOfHost(host)?.hostname.replace(/\.$/, '');
  if (name === undefined) return false;
  return name === 'localhost' || name.endsWith('.localhost') || isLoopbackAddress(withoutBrackets(name));
}

function withoutBrackets(name: string): string {
  return name.startsWith('[') ? name.slice(1, -1) : name;
}

/** nginx forwards over HTTP/1.0 unless configured otherwise. No browser sends it. */
function isProxied(request: PlatformRequest): boolean {
  const { httpVersion } = request.raw ?? request;
  return httpVersion === '1.0' || Object.keys(request.headers).some(isProxyHeader);
}

const PROXY_HEADERS: ReadonlySet<string> = new Set([
  'cdn-loop',
  'cf-connecting-ip',
  'fastly-client-ip',
  'forwarded',
  'true-client-ip',
  'via',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-real-ip',
]);

/** The names of request headers are in lower case. */
function isProxyHeader(name: string): boolean {
  return (
    PROXY_HEADERS.has(name) ||
    name.startsWith('x-forwarded-') ||
    name.startsWith('x-original-') ||
    name.startsWith('x-envoy-')
  );
}

/**
 * A proxy on this machine that rewrites `Host` and adds no header is recognized by its pages: their requests have a
 * `Referer` or an `Origin` of the public name.
 */
function isFromLocalPage(request: PlatformRequest): boolean {
  if (isNavigation(request)) return true;
  return ['referer', 'origin'].every((name) => {
    const value = headerOf(request, name);
    return value === null || (URL.canParse(value) && isLoopbackHost(new URL(value).host));
  });
}
