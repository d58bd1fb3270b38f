import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  CALL_RECORDER,
  CALL_STORE,
  isEnabled,
  startApplication,
  stopApplication,
  type InjectedRecorder,
} from './application.js';
import { CALL_BUDGETS, type Budgets } from './budgets/budgets.js';
import { createBudgets } from './create-budgets.js';
import { CALL_PRICERS, createPricers } from './create-pricers.js';
import { createRecorder } from './create-recorder.js';
import { createStore } from './create-store.js';
import { CaptureCounts } from './capture-counts.js';
import { CaptureNotices } from './capture-notices.js';
import { LlmTelemetryAlerts } from './dashboard/alerts/llm-telemetry-alerts.js';
import { DASHBOARD_PROVIDERS } from './dashboard/dashboard.providers.js';
import { LlmTelemetryQueries } from './dashboard/queries/llm-telemetry-queries.js';
import { LlmTelemetryInterceptor } from './llm-telemetry.interceptor.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './llm-telemetry.module-definition.js';
import { LlmTelemetry } from './llm-telemetry.service.js';
import type { CallStore } from './store/call-store.js';

/**
 * Cost, latency, tokens and outcome of every model call of the application.
 *
 * ```ts
 * @Module({ imports: [LlmTelemetryModule.forRoot()] })
 * export class AppModule {}
 * ```
 *
 * @publicApi
 */
@Module({
  providers: [
    CaptureCounts,
    CaptureNotices,
    { provide: CALL_STORE, useFactory: createStore, inject: [MODULE_OPTIONS_TOKEN] },
    { provide: CALL_BUDGETS, useFactory: createBudgets, inject: [MODULE_OPTIONS_TOKEN, CALL_STORE] },
    { provide: CALL_PRICERS, useFactory: createPricers, inject: [MODULE_OPTIONS_TOKEN, CaptureNotices] },
    {
      provide: CALL_RECORDER,
      useFactory: createRecorder,
      inject: [MODULE_OPTIONS_TOKEN, CaptureNotices, CALL_STORE, CALL_BUDGETS, CALL_PRICERS, CaptureCounts],
    },
    LlmTelemetry,
    ...DASHBOARD_PROVIDERS,
    { provide: APP_INTERCEPTOR, useClass: LlmTelemetryInterceptor },
  ],
  exports: [CALL_RECORDER, CALL_STORE, LlmTelemetry, LlmTelemetryAlerts, LlmTelemetryQueries],
})
export class LlmTelemetryModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  constructor(
    @Inject(CALL_RECORDER) private readonly recorder: InjectedRecorder,
    @Inject(CALL_STORE) private readonly store: CallStore | null,
    private readonly notices: CaptureNotices,
    private readonly counts: CaptureCounts,
    @Inject(CALL_BUDGETS) private readonly budgets: Budgets | null,
  ) {
    super();
    if (!isEnabled(recorder)) return;
    startApplication(recorder);
    notices.start();
    counts.start();
  }

  async onApplicationShutdown(): Promise<void> {
    if (!isEnabled(this.recorder)) return;
    this.recorder.close();
    stopApplication(this.recorder);
    this.notices.stop();
    this.counts.stop();
    await this.budgets?.stop();
    await this.store?.close();
  }
}
