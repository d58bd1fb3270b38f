import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<LlmTelemetryOptions>({ moduleName: 'LlmTelemetry' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
