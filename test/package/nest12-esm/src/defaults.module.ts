import { Injectable, Module } from '@nestjs/common';
import {
  LlmTelemetryModule,
  type LlmTelemetryOptions,
  type LlmTelemetryOptionsFactory,
} from 'nestjs-llm-telemetry';

/** The module as printed in the README. */
@Module({ imports: [LlmTelemetryModule.forRoot()] })
export class DefaultsModule {}

/** Each option that is read from the environment may be undefined. */
export const fromEnvironment: LlmTelemetryOptions = {
  pricing: { file: process.env['LLM_PRICE_FILE'] },
  store: { path: process.env['LLM_STORE_PATH'] },
  dashboard: {
    path: process.env['LLM_DASHBOARD_PATH'],
    token: process.env['LLM_DASHBOARD_TOKEN'],
    traceUrl: process.env['TRACE_URL'],
  },
  alerts: {
    webhook: {
      url: process.env['ALERT_WEBHOOK_URL'],
      headers: { authorization: process.env['ALERT_WEBHOOK_AUTHORIZATION'] },
    },
  },
  budgets: [{ feature: process.env['FEATURE'], usd: 10, per: 'day', onExceed: 'warn' }],
};

@Injectable()
export class TelemetryConfig implements LlmTelemetryOptionsFactory {
  createLlmTelemetryOptions(): LlmTelemetryOptions {
    return fromEnvironment;
  }
}

@Module({ imports: [LlmTelemetryModule.forRootAsync({ useClass: TelemetryConfig, isGlobal: false })] })
export class ConfiguredModule {}
