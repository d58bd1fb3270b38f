import {
  ForbiddenException,
  Inject,
  Injectable,
  Logger,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../settings/dashboard.settings.js';
import type { PlatformRequest } from '../http/platform.js';
import { remoteReasonOf, type RemoteReason } from './local-request.js';

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
