import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { Inject, Injectable, Logger, RequestMethod, type OnApplicationBootstrap } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { DASHBOARD_SETTINGS, type DashboardSettings } from './settings/dashboard.settings.js';
import { REMEDY } from './endpoints/dashboard.filter.js';

/** Logs the URL of the dashboard and who can open it, once, when the application listens. */
@Injectable()
export class DashboardAddress implements OnApplicationBootstrap {
  private readonly logger = new Logger('LlmDashboard');

  constructor(
    @Inject(DASHBOARD_SETTINGS) private readonly settings: DashboardSettings,
    private readonly platform: HttpAdapterHost,
    private readonly config: ApplicationConfig,
    private readonly modules: ModulesContainer,
  ) {}

  /** An application that never listens (a test, a script, a serverless handler) has no address to log. */
  onApplicationBootstrap(): void {
    if (this.settings.path === null) return;
    const server = this.platform.httpAdapter?.getHttpServer() as Server | undefined;
    if (typeof server?.once !== 'function') return;
    if (server.listening) this.log(server);
    else server.once('listening', () => this.log(server));
  }

  /** Returns the prefix that `RouterModule` adds to the path, without a leading slash. */
  private modulePath(): string {
    const own = [...this.modules.values()].find(({ providers }) => providers.has(DashboardAddress));
    const key = `${MODULE_PATH}${this.modules.applicationId}`;
    const path: unknown =
      own && (Reflect.getMetadata(key, own.metatype) ?? Reflect.getMetadata(MODULE_PATH, own.metatype));
    return typeof path === 'string' ? `${path.replace(/^\/+|\/+$/g, '')}/`.replace(/^\/$/, '') : '';
  }

  private log(server: Server): void {
    const path = mountPath(`${this.modulePath()}${this.settings.path}`, this.config);
    const guards = globalGuards(this.config);
    this.logger.log(`Dashboard: ${addressOf(server, path)} (${accessText(this.settings, guards)})`);
    if (guards.length > 0 && this.settings.publicMetadataKeys.length === 0)
      this.logger.log(
        `Global guards apply to the dashboard: ${guards.join(', ')}. If one of them refuses browsers: ${REMEDY}`,
      );
  }
}

/** Metadata key of Nest for the prefix of `RouterModule`. Nest does not export it. */
const MODULE_PATH = '__module_path__';

/** Returns the path of the dashboard, with the global prefix unless the application excludes the dashboard from it. */
export function mountPath(path: string, config: ApplicationConfig): string {
  const prefix = config.getGlobalPrefix().replace(/^\/+|\/+$/g, '');
  const excluded = config
    .getGlobalPrefixOptions()
    .exclude?.some(
      ({ pathRegex, requestMethod }) =>
        (requestMethod === RequestMethod.ALL || requestMethod === RequestMethod.GET) &&
        pathRegex.test(`/${path}`),
    );
  return prefix === '' || excluded ? `/${path}` : `/${prefix}/${path}`;
}

/** Returns the URL of the dashboard, as far as the server has one. */
export function addressOf(server: Pick<Server, 'address'>, path: string): string {
  const address: AddressInfo | string | null = server.address();
  if (address === null) return path;
  if (typeof address === 'string') return `${path} on the socket ${address}`;
  const scheme = server instanceof TlsServer ? 'https' : 'http';
  const port = address.port === (scheme === 'https' ? 443 : 80) ? '' : `:${address.port}`;
  return `${scheme}://${hostOf(address.address)}${port}${path}`;
}

/** Replaces the wildcard addresses, which a browser cannot open, by `localhost`. */
function hostOf(address: string): string {
  if (address === '::' || address === '0.0.0.0') return 'localhost';
  return address.includes(':') ? `[${address}]` : address;
}

function accessText(
  { token, guards, localOnly, publicMetadataKeys }: DashboardSettings,
  globalGuardNames: readonly string[],
): string {
  const own = [
    ...(guards.length > 0 ? [`guards: ${guards.map(nameOf).join(', ')}`] : []),
    ...(token === null ? [] : ['token required']),
  ];
  if (localOnly) own.push('this machine only; set dashboard.token or dashboard.guards to open it to others');
  else if (own.length === 0)
    own.push('open to anyone who can reach this port; set dashboard.token or dashboard.guards');
  const hasGlobal = globalGuardNames.length > 0 && publicMetadataKeys.length === 0;
  return `${own.join('; ')}${hasGlobal ? "; and this application's global guards" : ''}`;
}

function globalGuards(config: ApplicationConfig): string[] {
  return [
    ...config.getGlobalGuards().map(nameOf),
    ...config
      .getGlobalRequestGuards()
      .map(({ metatype, name }) => (metatype ? nameOf(metatype) : String(name))),
  ];
}

/** Returns the class name of a guard. */
function nameOf(guard: object): string {
  const name = typeof guard === 'function' ? guard.name : guard.constructor.name;
  return name === '' || name === 'Object' ? 'a guard' : name;
}
