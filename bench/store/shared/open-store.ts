import { Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LlmTelemetryModule, type LlmTelemetryOptions } from 'nestjs-llm-telemetry';
import type { CallStore } from 'nestjs-llm-telemetry/store';

/** A store with the application that it belongs to. */
export interface OpenStore {
  readonly store: CallStore;
  close(): Promise<void>;
}

/** Opens a store as an application does: it is an instance of its own. */
export async function openStore(option: LlmTelemetryOptions['store']): Promise<OpenStore> {
  const app = await NestFactory.createApplicationContext(appModule(option), { logger: ['error'] });
  return {
    store: app.get<CallStore>(Symbol.for('nestjs-llm-telemetry.store.v1')),
    close: () => close(app),
  };
}

function appModule(store: LlmTelemetryOptions['store']): DynamicModule {
  @Module({})
  class AppModule {}

  return {
    module: AppModule,
    imports: [LlmTelemetryModule.forRoot({ alerts: false, dashboard: false, store })],
  };
}

async function close(app: INestApplicationContext): Promise<void> {
  await app.close();
}
