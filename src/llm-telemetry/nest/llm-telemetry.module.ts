import {
  forwardRef,
  Inject,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type InjectionToken,
  type NestInterceptor,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { APP_INTERCEPTOR, ModulesContainer } from '@nestjs/core';
import { checkFeatures } from './annotated-methods.js';
import {
  CALL_RECORDER,
  isEnabled,
  startApplication,
  stopApplication,
  type InjectedRecorder,
} from './application.js';
import { CALL_STORE, type CallStore } from '../store/call-store.js';
import type { Budgets } from '../budgets/budgets.js';
import { CALL_BUDGETS } from '../budgets/call-budgets.token.js';
import { CALL_PRICERS } from '../pricing/call-pricers.token.js';
import type { Pricers } from '../pricing/pricer.js';
import { CaptureCounts } from '../sinks/capture-counts.js';
import { CaptureWarnings } from './capture-warnings.js';
import { LlmTelemetryAlerts } from '../alerts/llm-telemetry-alerts.js';
import { DASHBOARD_PROVIDERS } from './dashboard.providers.js';
import { LlmTelemetryQueries } from '../analytics/llm-telemetry-queries.js';
import { LlmTelemetryInterceptor } from './llm-telemetry.interceptor.js';
import {
  ConfigurableModuleClass,
  RAW_OPTIONS,
  MODULE_OPTIONS_TOKEN,
  type LlmTelemetryAsyncOptions,
  type LlmTelemetryModuleExtras,
  type LlmTelemetryOptionsFactory,
} from './llm-telemetry.module-definition.js';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import { LlmTelemetry } from './llm-telemetry.service.js';
import { shared, SharedParts } from './shared-parts.js';
import { describeType, describeValue } from '../validation/message-text.js';
import { LlmTelemetryOptionsError } from '../validation/options-error.js';
import { tapGlobalFetch } from '../wire/transports/global-fetch.js';
import { observeNodeHttp } from '../wire/transports/http/node-http.js';

/** A tuple with the same length and other elements. */
type Mapped<Tuple extends readonly unknown[], Element> = { readonly [Index in keyof Tuple]: Element };

type Creators = typeof import('./create-parts.js');

/** Provides a part that `create-parts.ts` creates. Its code is loaded when the application starts, not by an import. */
function created<Name extends keyof Creators>(
  provide: InjectionToken,
  name: Name,
  inject: Mapped<Parameters<Creators[Name]>, InjectionToken>,
): FactoryProvider {
  return shared(
    provide,
    async (...args: unknown[]) => {
      const creators = await import('./create-parts.js');
      return (creators[name] as (...args: unknown[]) => unknown)(...args);
    },
    inject,
  );
}

/** Imported so that Nest calls `tapBeforeProviders`. */
@Module({})
class FetchTapModule {}

/**
 * Taps `fetch` while Nest scans modules, which is before it creates providers. So SDK clients that providers construct
 * are captured even if a test tool (MSW, nock) has replaced `fetch` since the import.
 */
function tapBeforeProviders(): typeof FetchTapModule {
  tapGlobalFetch();
  observeNodeHttp();
  return FetchTapModule;
}

/**
 * Records cost, duration, tokens and outcome of every model call of the application.
 *
 * @example
 * ```ts
 * @Module({ imports: [LlmTelemetryModule.forRoot()] })
 * export class AppModule {}
 * ```
 *
 * @publicApi
 */
@Module({
  imports: [forwardRef(tapBeforeProviders)],
  providers: [
    SharedParts,
    {
      provide: MODULE_OPTIONS_TOKEN,
      useFactory: (parts: SharedParts, given: unknown, modules: ModulesContainer) => {
        // Checked before the store and the recorder are created, so that a failed start leaves nothing running.
        if (parts.isFirst) checkFeatures(modules);
        return parts.options(given);
      },
      inject: [SharedParts, RAW_OPTIONS, ModulesContainer],
    },
    shared(CaptureCounts, () => new CaptureCounts(), []),
    shared(CaptureWarnings, () => new CaptureWarnings(), []),
    created(CALL_STORE, 'createStore', [MODULE_OPTIONS_TOKEN]),
    created(CALL_BUDGETS, 'createBudgets', [MODULE_OPTIONS_TOKEN, CALL_STORE, CALL_PRICERS]),
    created(CALL_PRICERS, 'createPricers', [MODULE_OPTIONS_TOKEN, CaptureWarnings]),
    created(CALL_RECORDER, 'createRecorder', [
      MODULE_OPTIONS_TOKEN,
      CaptureWarnings,
      CALL_STORE,
      CALL_BUDGETS,
      CALL_PRICERS,
      CaptureCounts,
    ]),
    LlmTelemetry,
    ...DASHBOARD_PROVIDERS,
    LlmTelemetryInterceptor,
    {
      provide: APP_INTERCEPTOR,
      // Nest runs the interceptor of each import: only one may open the scope of a request.
      useFactory: ({ isFirst }: SharedParts, interceptor: LlmTelemetryInterceptor): NestInterceptor =>
        isFirst ? interceptor : { intercept: (_context, next) => next.handle() },
      inject: [SharedParts, LlmTelemetryInterceptor],
    },
  ],
  exports: [CALL_RECORDER, CALL_STORE, LlmTelemetry, LlmTelemetryAlerts, LlmTelemetryQueries],
})
export class LlmTelemetryModule
  extends ConfigurableModuleClass
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  /**
   * Configures the module. Options are validated when the application starts.
   *
   * @throws LlmTelemetryOptionsError at once if the argument is not an object; at start if an option is invalid.
   * @example
   * ```ts
   * LlmTelemetryModule.forRoot({ dashboard: { token: process.env.LLM_DASHBOARD_TOKEN } })
   * ```
   */
  static override forRoot(
    options: (LlmTelemetryOptions & LlmTelemetryModuleExtras) | undefined = {},
  ): DynamicModule {
    requireObject('forRoot', options);
    const asynchronous = ['useFactory', 'useClass', 'useExisting'].find((key) => key in options);
    if (asynchronous !== undefined)
      throw new LlmTelemetryOptionsError([
        `forRoot does not take ${asynchronous}. Use forRootAsync instead.`,
      ]);
    return super.forRoot(options);
  }

  /**
   * Configures the module with options that are created when the application starts, with injected dependencies.
   *
   * @throws LlmTelemetryOptionsError at once without a factory; at start if an option is invalid.
   * @example
   * ```ts
   * LlmTelemetryModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ store: { path: config.getOrThrow('LLM_STORE_PATH') } }),
   * })
   * ```
   */
  static override forRootAsync(options: LlmTelemetryAsyncOptions): DynamicModule {
    requireObject('forRootAsync', options);
    const { useFactory, useClass, useExisting } = options;
    if (typeof useFactory !== 'function' && !useClass && !useExisting) {
      const received =
        useFactory === undefined ? '' : `, received ${describeValue(useFactory)} as useFactory`;
      throw new LlmTelemetryOptionsError([
        `forRootAsync must have useFactory, useClass or useExisting${received}.`,
      ]);
    }
    return checkFactory(super.forRootAsync(options), useFactory === undefined);
  }

  constructor(
    @Inject(CALL_RECORDER) private readonly recorder: InjectedRecorder,
    @Inject(CALL_STORE) private readonly store: CallStore | null,
    private readonly warnings: CaptureWarnings,
    private readonly counts: CaptureCounts,
    @Inject(CALL_BUDGETS) private readonly budgets: Budgets | null,
    @Inject(CALL_PRICERS) private readonly pricers: Pricers | null,
    private readonly parts: SharedParts,
  ) {
    super();
    if (parts.isFirst) parts.publish(recorder);
    if (!isEnabled(recorder) || !parts.isFirst) return;
    startApplication(recorder);
    warnings.start();
    counts.start();
  }

  onApplicationBootstrap(): void {
    if (this.parts.isFirst) this.pricers?.start();
  }

  async onApplicationShutdown(): Promise<void> {
    if (!isEnabled(this.recorder) || !this.parts.isFirst) return;
    await this.recorder.batchRecorder.close();
    this.recorder.close();
    stopApplication(this.recorder);
    this.warnings.stop();
    this.counts.stop();
    await this.budgets?.stop();
    await this.store?.close();
  }
}

function requireObject(method: string, argument: unknown): void {
  if (typeof argument === 'object' && argument !== null && !Array.isArray(argument)) return;
  throw new LlmTelemetryOptionsError([
    `the argument of ${method} must be an object, received ${describeType(argument)}. Call forRoot() for the defaults.`,
  ]);
}

/** Reports a class of `useClass` or `useExisting` without the factory method; Nest would throw an unclear TypeError. */
function checkFactory(definition: DynamicModule, isClass: boolean): DynamicModule {
  if (!isClass) return definition;
  const providers = definition.providers?.map((provider) =>
    'provide' in provider && provider.provide === RAW_OPTIONS && 'useFactory' in provider
      ? { ...provider, useFactory: createOptions }
      : provider,
  );
  return { ...definition, ...(providers && { providers }) };
}

function createOptions(factory: Partial<LlmTelemetryOptionsFactory> | null | undefined): unknown {
  if (typeof factory?.createLlmTelemetryOptions === 'function') return factory.createLlmTelemetryOptions();
  const name = factory ? factory.constructor.name : 'The provider';
  throw new LlmTelemetryOptionsError([
    `${name} (useClass or useExisting) must implement LlmTelemetryOptionsFactory: the method createLlmTelemetryOptions is missing.`,
  ]);
}
