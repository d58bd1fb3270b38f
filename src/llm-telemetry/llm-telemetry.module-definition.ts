import { ConfigurableModuleBuilder } from '@nestjs/common';
import { createDashboardControllers, DASHBOARD_CONTROLLERS } from './dashboard/dashboard.mount.js';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<LlmTelemetryOptions>({ moduleName: 'LlmTelemetry' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => {
      const controllers = createDashboardControllers();
      const providers = [
        ...(definition.providers ?? []),
        { provide: DASHBOARD_CONTROLLERS, useValue: controllers },
      ];
      return { ...definition, global: true, controllers, providers };
    })
    .build();
