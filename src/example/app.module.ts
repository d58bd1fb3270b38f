import { Module, type ExecutionContext } from '@nestjs/common';
import { LlmTelemetryModule, type LlmTelemetryOptions, type RequestIdentity } from 'nestjs-llm-telemetry';
import { clickhouseStore } from 'nestjs-llm-telemetry/clickhouse';
import { postgresStore } from 'nestjs-llm-telemetry/postgres';
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
    store: storeOption(config),
  };
}

/** Returns the database of `LLM_STORE_URL`, which several instances can share, else a file. */
function storeOption({ storeUrl, storePath }: AppConfig): LlmTelemetryOptions['store'] {
  // `undefined` selects the default path.
  if (storeUrl === undefined) return { path: storePath };
  const { protocol, origin, username, password, pathname } = new URL(storeUrl);
  if (!protocol.startsWith('http')) return postgresStore({ connection: storeUrl });
  return clickhouseStore({
    url: origin,
    username: decodeURIComponent(username) || undefined,
    password: decodeURIComponent(password),
    database: pathname.slice(1) || undefined,
  });
}

/** Returns the user of a request, who is recorded with its model calls. */
function requestContext(context: ExecutionContext): RequestIdentity {
  const { body } = context.switchToHttp().getRequest<{ body?: { user_id?: string } }>();
  return { userId: body?.user_id };
}
