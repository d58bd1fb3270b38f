import { ConfigurableModuleBuilder, type ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { createDashboardControllers, DASHBOARD_CONTROLLERS } from '../dashboard/server/dashboard.mount.js';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import { RecorderModule } from './shared-parts.js';
import { describeValue } from '../validation/message-text.js';
import { LlmTelemetryOptionsError } from '../validation/options-error.js';

/**
 * Settings of the Nest module besides its options.
 *
 * @publicApi
 */
export interface LlmTelemetryModuleExtras {
  /**
   * Makes `LlmTelemetry`, `LlmTelemetryQueries` and `LlmTelemetryAlerts` injectable in every module of the application.
   * If `false`, only modules that import `LlmTelemetryModule` can inject them. Calls are recorded in all modules.
   * @defaultValue true
   */
  isGlobal?: boolean | undefined;
}

/**
 * Creates the options of `LlmTelemetryModule.forRootAsync({ useClass })` or `({ useExisting })`.
 *
 * @example
 * ```ts
 * @Injectable()
 * class TelemetryConfig implements LlmTelemetryOptionsFactory {
 *   constructor(private readonly config: ConfigService) {}
 *
 *   createLlmTelemetryOptions(): LlmTelemetryOptions {
 *     return { dashboard: { token: this.config.get('LLM_DASHBOARD_TOKEN') } };
 *   }
 * }
 * ```
 *
 * @publicApi
 */
export interface LlmTelemetryOptionsFactory {
  createLlmTelemetryOptions(): LlmTelemetryOptions | Promise<LlmTelemetryOptions>;
}

/**
 * Argument of `LlmTelemetryModule.forRootAsync`: `useFactory`, `useClass` or `useExisting`, with `inject` and `imports`.
 *
 * @publicApi
 */
export type LlmTelemetryAsyncOptions = ConfigurableModuleAsyncOptions<
  LlmTelemetryOptions,
  'createLlmTelemetryOptions'
> &
  LlmTelemetryModuleExtras;

/** Injection token of the options before validation. */
export const RAW_OPTIONS = Symbol('RAW_OPTIONS');

/** Injection token of the validated options, which all other providers inject. */
export const MODULE_OPTIONS_TOKEN = Symbol('LLM_TELEMETRY_OPTIONS');

export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<LlmTelemetryOptions>({
  moduleName: 'LlmTelemetry',
  optionsInjectionToken: RAW_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createLlmTelemetryOptions')
  .setExtras<LlmTelemetryModuleExtras>({ isGlobal: true }, (definition, { isGlobal }) => {
    const controllers = createDashboardControllers();
    const providers = [
      ...(definition.providers ?? []),
      { provide: DASHBOARD_CONTROLLERS, useValue: controllers },
    ];
    const global = checkedFlag(isGlobal);
    const imports = [...(definition.imports ?? []), ...(global ? [] : [RecorderModule])];
    return { ...definition, global, imports, controllers, providers };
  })
  .build();

function checkedFlag(isGlobal: unknown = true): boolean {
  if (typeof isGlobal === 'boolean') return isGlobal;
  throw new LlmTelemetryOptionsError([
    `isGlobal must be true or false, received ${describeValue(isGlobal)}.`,
  ]);
}
