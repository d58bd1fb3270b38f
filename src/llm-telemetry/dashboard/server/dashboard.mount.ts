import { Controller, Inject, Injectable, Logger, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DASHBOARD_SETTINGS, type DashboardSettings } from './settings/dashboard.settings.js';
import { addRoutes, LlmDashboardController } from './endpoints/dashboard.controller.js';

/** Injection token of the controllers of one application. */
export const DASHBOARD_CONTROLLERS = Symbol('DASHBOARD_CONTROLLERS');

const dashboardControllers = new WeakSet<object>();

/** Returns true for a controller of the dashboard. */
export function isDashboardController(controller: object): boolean {
  return dashboardControllers.has(controller);
}

/**
 * Creates a controller class per application: the path is metadata of a class, and two applications in one process may
 * use different paths.
 */
export function createDashboardControllers(): Type[] {
  const { LlmDashboardController: own } = {
    LlmDashboardController: class extends LlmDashboardController {},
  };
  dashboardControllers.add(own);
  // Hides the dashboard from the API that @nestjs/swagger describes.
  Reflect.defineMetadata('swagger/apiExcludeController', [true], own);
  return [own];
}

/**
 * Sets the path of the controller before Nest registers its routes. Runs in a constructor because asynchronous options
 * are resolved by then and routes are registered right after all providers are constructed.
 */
@Injectable()
export class DashboardMount {
  constructor(
    @Inject(DASHBOARD_SETTINGS) { path, token, publicMetadataKeys, startupLogs }: DashboardSettings,
    @Inject(DASHBOARD_CONTROLLERS) controllers: ReadonlyArray<Type<LlmDashboardController>>,
    platform: HttpAdapterHost,
  ) {
    for (const controller of controllers) {
      Controller({ path: path === null ? [] : path, version: VERSION_NEUTRAL })(controller);
      // A testing module has no platform yet.
      const routes = { platform: platform.httpAdapter?.getType(), hasToken: token !== null };
      const handlers = addRoutes(controller, routes);
      for (const key of publicMetadataKeys)
        for (const target of [controller, ...handlers]) Reflect.defineMetadata(key, true, target);
    }
    const logger = new Logger('LlmDashboard');
    for (const { level, message } of startupLogs) logger[level](message);
  }
}
