import { Module, type ExecutionContext } from '@nestjs/common';
import { LlmTelemetryModule, type LlmTelemetryOptions, type RequestIdentity } from 'nestjs-llm-telemetry';
import { localProviders, type AppConfig } from './app-config.js';
import { APP_CONFIG, AppConfigModule } from './app-config.module.js';
import { HealthController } from './health.controller.js';
import { OrdersModule } from './orders/orders.module.js';
import { SupportModule } from './support/support.module.js';

@Module({
  imports: [
    LlmTelemetryModule.forRootAsync({
      imports: [AppConfigModule],
      inject: [APP_CONFIG],
      useFactory: telemetryOptions,
    }),
    OrdersModule,
    SupportModule,
  ],
  controllers: [HealthController],
})
export class AppModule {}

/** The dashboard is at /llm: open to this machine in development, with its token everywhere. */
function telemetryOptions(config: AppConfig): LlmTelemetryOptions {
  return {
    requestContext,
    pricing: { hosts: localProviders(config) },
    dashboard: { token: config.dashboardToken },
    // `undefined` selects the default path.
    store: { path: config.storePath },
  };
}

/** Returns the user of a request, who is recorded with its model calls. */
function requestContext(context: ExecutionContext): RequestIdentity {
  const { body } = context.switchToHttp().getRequest<{ body?: { user_id?: string } }>();
  return { userId: body?.user_id };
}
