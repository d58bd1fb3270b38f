import { Controller, Inject, Injectable, Logger, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DASHBOARD_SETTINGS, type DashboardSettings } from './settings/dashboard.settings.js';
import { addRoutes, LlmDashboardController } from './endpoints/dashboard.controller.js';

/** The token of the controllers that are one application's own. */
export const DASHBOARD_CONTROLLERS = Symbol('DASHBOARD_CONTROLLERS');

const dashboardControllers = new WeakSet<object>();

/** Whether a class is the dashboard's controller. */
export function isOfDashboard(controller: object): boolean {
  return dashboardControllers.has(controller);
}

/**
 * The controller, once more for each application: the path is metadata of a class, and two applications of one process
 * may each have their own.
 */
export function createDashboardControllers(): Type[] {
  const { LlmDashboardController: own } = {
    LlmDashboardController: class extends LlmDashboardController {},
  };
  dashboardControllers.add(own);
  // It is no part of the API that @nestjs/swagger describes.
  Reflect.defineMetadata('swagger/apiExcludeController', [true], own);
  return [own];
}

/**
 * Gives the controller its path, or none, before Nest makes routes of it, which it does as soon as everything has
 * been constructed: options that come asynchronously are known only here.
 */
@Injectable()
export class DashboardMount {
  constructor(
    @Inject(DASHBOARD_SETTINGS) { path, token, publicMetadataKeys, notices }: DashboardSettings,
    @Inject(DASHBOARD_CONTROLLERS) controllers: ReadonlyArray<Type<LlmDashboardController>>,
    platform: HttpAdapterHost,
  ) {
    for (const controller of controllers) {
      Controller({ path: path === null ? [] : path, version: VERSION_NEUTRAL })(controller);
      // A testing module has its platform only later.
      const routes = { platform: platform.httpAdapter?.getType(), hasToken: token !== null };
      const handlers = addRoutes(controller, routes);
      for (const key of publicMetadataKeys)
        for (const target of [controller, ...handlers]) Reflect.defineMetadata(key, true, target);
    }
    const logger = new Logger('LlmDashboard');
    for (const { level, sentence } of notices) logger[level](sentence);
  }
}
