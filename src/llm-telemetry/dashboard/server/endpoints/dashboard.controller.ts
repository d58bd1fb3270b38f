import { Controller, Get, Post, Req, Res, UseFilters, UseGuards, type Type } from '@nestjs/common';
import { ApplicationGuards } from '../access/application.guards.js';
import { LocalOnlyGuard } from '../access/local-only.guard.js';
import { SameOriginGuard } from '../access/same-origin.guard.js';
import { Sessions } from '../access/sessions.js';
import { addressWithoutToken, tokenInAddress } from '../access/token-in-address.js';
import { allowWithoutToken, TokenGuard } from '../access/token.guard.js';
import { LoginEndpoint } from '../page/login.endpoint.js';
import { PageEndpoint } from '../page/page.endpoint.js';
import { isApiPath, wildcardOf } from '../page/page-path.js';
import { send } from '../http/send.js';
import { CallsEndpoints } from './calls.endpoints.js';
import { DashboardFilter } from './dashboard.filter.js';
import { EndpointRouter } from './endpoints.js';
import { MeasuresEndpoints } from './measures.endpoints.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';
import { INSTANCE_HEADER } from '../separate-instances.js';
import { StatusReader } from '../status-reader.js';
import { StatusEndpoints } from './status.endpoints.js';

/**
 * Serves the page, its assets and the API from one route, because Nest logs each route at every start. Global guards,
 * interceptors and filters of the application apply as for any route.
 */
@Controller()
// On the class: Nest collects guards before `addRoutes` adds methods, and silently ignores guards of methods added later.
@UseGuards(SameOriginGuard, LocalOnlyGuard, ApplicationGuards, TokenGuard)
@UseFilters(DashboardFilter)
export class LlmDashboardController {
  private readonly router: EndpointRouter;

  constructor(
    private readonly pageEndpoint: PageEndpoint,
    private readonly loginEndpoint: LoginEndpoint,
    private readonly sessions: Sessions,
    measures: MeasuresEndpoints,
    calls: CallsEndpoints,
    status: StatusEndpoints,
    private readonly statusReader: StatusReader,
  ) {
    this.router = new EndpointRouter([measures.table, calls.table, status.table]);
  }

  async read(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    if (this.sessions.required && tokenInAddress(request) !== null)
      return send(response, 303, { location: addressWithoutToken(request) }, '');
    const path = wildcardOf(request).replace(/\/$/, '');
    if (!isApiPath(path)) return this.pageEndpoint.handle(request, response);
    response.header(INSTANCE_HEADER, encodeURIComponent(this.statusReader.instance));
    await this.router.handle(path, request, response);
  }

  async login(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    this.loginEndpoint.handle(request, response);
  }
}

/** Inputs of `addRoutes`. */
export interface DashboardRoutes {
  /** `fastify` or `express`. Express accepts `*` too, but logs a warning about it. */
  readonly platform: string | undefined;
  readonly hasToken: boolean;
}

/**
 * Adds the routes to a subclass and returns its methods. Routes and metadata are stored on methods, so that each
 * application needs separate ones.
 */
export function addRoutes(
  controller: Type<LlmDashboardController>,
  { platform, hasToken }: DashboardRoutes,
): ReadonlyArray<(...args: never[]) => unknown> {
  const prototype = controller.prototype as LlmDashboardController;
  const own = (name: 'read' | 'login', route: MethodDecorator): ((...args: never[]) => unknown) => {
    const value = function (
      this: LlmDashboardController,
      request: PlatformRequest,
      response: PlatformResponse,
    ) {
      return LlmDashboardController.prototype[name].call(this, request, response);
    };
    const method = { value, configurable: true, writable: true };
    Object.defineProperty(prototype, name, method);
    route(prototype, name, method);
    return value;
  };
  const read = own('read', Get(['', platform === 'express' ? '{*place}' : '*']));
  if (!hasToken) return [read];
  const login = own('login', Post('login'));
  allowWithoutToken(login);
  return [read, login];
}
