import { Controller, Inject, Injectable, Logger, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DASHBOARD_SETTINGS, type DashboardSettings } from './dashboard.settings.js';
import { BudgetsController } from './http/budgets.controller.js';
import { CallsController } from './http/calls.controller.js';
import { FiguresController } from './http/figures.controller.js';
import { LiveController } from './http/live.controller.js';
import { StatusController } from './http/status.controller.js';
import { WhatIfController } from './http/what-if.controller.js';
import { LoginController } from './page/login.controller.js';
import { PageController, routePage } from './page/page.controller.js';

/** The token of the controllers that are one application's own. */
export const DASHBOARD_CONTROLLERS = Symbol('DASHBOARD_CONTROLLERS');

/** The last one answers what none of the others does. */
const CONTROLLERS: readonly Type[] = [
  FiguresController,
  CallsController,
  BudgetsController,
  WhatIfController,
  StatusController,
  LiveController,
  LoginController,
  PageController,
];

const dashboardControllers = new WeakSet<object>();

/** Whether a class is one of the dashboard's controllers. */
export function isOfDashboard(controller: object): boolean {
  return dashboardControllers.has(controller);
}

/**
 * The controllers, once more for each application: the path is metadata of a class, and two applications of one process
 * may each have their own.
 */
export function createDashboardControllers(): Type[] {
  return CONTROLLERS.map((base) => {
    const { [base.name]: own } = { [base.name]: class extends base {} };
    dashboardControllers.add(own!);
    // They are no part of the API that @nestjs/swagger describes.
    Reflect.defineMetadata('swagger/apiExcludeController', [true], own!);
    return own!;
  });
}

/**
 * Gives the controllers their path, or none, before Nest makes routes of them, which it does as soon as everything has
 * been constructed: options that come asynchronously are known only here.
 */
@Injectable()
export class DashboardMount {
  constructor(
    @Inject(DASHBOARD_SETTINGS) { path, notice }: DashboardSettings,
    @Inject(DASHBOARD_CONTROLLERS) controllers: readonly Type[],
    platform: HttpAdapterHost,
  ) {
    for (const controller of controllers) {
      Controller({ path: path === null ? [] : path, version: VERSION_NEUTRAL })(controller);
      // A testing module has its platform only later.
      if (isPage(controller)) routePage(controller, platform.httpAdapter?.getType());
    }
    new Logger('LlmDashboard')[notice.level](notice.sentence);
  }
}

function isPage(controller: Type): controller is Type<PageController> {
  return controller.prototype instanceof PageController;
}
