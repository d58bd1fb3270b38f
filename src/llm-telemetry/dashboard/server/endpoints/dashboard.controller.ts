import {
  Controller,
  Get,
  NotFoundException,
  Post,
  Req,
  Res,
  UseFilters,
  UseGuards,
  type Type,
} from '@nestjs/common';
import { ApplicationGuards } from '../access/application.guards.js';
import { LocalOnlyGuard } from '../access/local-only.guard.js';
import { SameOriginGuard } from '../access/same-origin.guard.js';
import { Sessions } from '../access/sessions.js';
import { addressWithoutToken, tokenInAddress } from '../access/token-in-address.js';
import { allowWithoutToken, TokenGuard } from '../access/token.guard.js';
import { LoginEndpoint } from '../page/login.endpoint.js';
import { PageEndpoint } from '../page/page.endpoint.js';
import { isApiPlace, wildcardOf } from '../page/place.js';
import { answer } from '../http/answer.js';
import { BudgetsEndpoints } from './budgets.endpoints.js';
import { CallsEndpoints } from './calls.endpoints.js';
import { DashboardFilter } from './dashboard.filter.js';
import { EndpointRouter } from './endpoints.js';
import { FiguresEndpoints } from './figures.endpoints.js';
import { LiveEndpoints } from './live.endpoints.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';
import { StatusEndpoints } from './status.endpoints.js';
import { WhatIfEndpoints } from './what-if.endpoints.js';

/**
 * Serves the page, its files and the API from one route: Nest logs a line for each route of an application at every
 * start. The guards and the filter are the same for all of them; global guards, interceptors and filters of the application
 * run as for any route.
 */
@Controller()
// On the class: Nest collects guards before an application's own methods exist, and drops those of later ones silently.
@UseGuards(SameOriginGuard, LocalOnlyGuard, ApplicationGuards, TokenGuard)
@UseFilters(DashboardFilter)
export class LlmDashboardController {
  private readonly router: EndpointRouter;

  constructor(
    private readonly pageEndpoint: PageEndpoint,
    private readonly loginEndpoint: LoginEndpoint,
    private readonly sessions: Sessions,
    figures: FiguresEndpoints,
    calls: CallsEndpoints,
    budgets: BudgetsEndpoints,
    whatIf: WhatIfEndpoints,
    status: StatusEndpoints,
    live: LiveEndpoints,
  ) {
    this.router = new EndpointRouter(
      [figures, calls, budgets, whatIf, status, live].map(({ table }) => table),
    );
  }

  async read(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    if (this.sessions.required && tokenInAddress(request) !== null)
      return answer(response, 303, { location: addressWithoutToken(request) }, '');
    const path = wildcardOf(request).replace(/\/$/, '');
    if (!isApiPlace(path)) return this.pageEndpoint.answer(request, response);
    const found = this.router.find(path);
    if (!found) throw new NotFoundException('No such endpoint. docs/api.md lists all of them.');
    await found.endpoint(request, response, found.id);
  }

  async login(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    this.loginEndpoint.answer(request, response);
  }
}

/** What the routes of an application's own controller depend on. */
export interface DashboardRoutes {
  /** `fastify` or `express`; Express takes `*` too, and warns about it in the application's log. */
  readonly platform: string | undefined;
  readonly hasToken: boolean;
}

/**
 * Adds the routes to a subclass. Routes, guards and metadata belong to a method, so each application's class needs methods
 * of its own. Returns those methods.
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
