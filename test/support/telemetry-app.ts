import { Module, type ModuleMetadata, type Provider, type Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import Anthropic from '@anthropic-ai/sdk';
import {
  LlmTelemetry,
  LlmTelemetryModule,
  type CallRecord,
  type LlmTelemetryOptions,
} from 'nestjs-llm-telemetry';
import {
  startProviderEmulator,
  type EmulatorOptions,
  type ProviderEmulator,
} from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import { CapturedLogger } from './captured-logger.js';

/** Supported HTTP platforms. */
export const PLATFORMS = {
  fastify: () => new FastifyAdapter(),
  express: () => new ExpressAdapter() as unknown as FastifyAdapter,
};

export interface TelemetryApp {
  readonly app: NestFastifyApplication;
  readonly emulator: ProviderEmulator;
  readonly records: CallRecord[];
  readonly logger: CapturedLogger;
  get<T>(type: Type<T>): T;
  flush(): Promise<void>;
  stop(): Promise<void>;
}

/** Creates SDK clients of the emulator. */
export function clients(
  emulator: ProviderEmulator,
  maxRetries = 0,
): { openai: OpenAI; anthropic: Anthropic } {
  return {
    openai: new OpenAI({ apiKey: 'sk-canary-openai-key', baseURL: emulator.openaiBaseUrl, maxRetries }),
    anthropic: new Anthropic({ apiKey: 'sk-ant-canary-key', baseURL: emulator.anthropicBaseUrl, maxRetries }),
  };
}

/** Servers of tests on this machine stand in for the provider whose API they speak. */
export const LOCAL_PROVIDERS = { '127.0.0.1': 'native', localhost: 'native' };

/** Starts a Nest application with the module, the given providers and controllers, and an emulator for the SDKs. */
export async function startTelemetryApp({
  providers = [],
  controllers = [],
  options = {},
  emulatorOptions = {},
  maxRetries = 0,
  platform = 'fastify',
  imports,
  emulator: shared,
}: {
  providers?: Provider[];
  controllers?: Type[];
  options?: LlmTelemetryOptions;
  emulatorOptions?: EmulatorOptions;
  maxRetries?: number;
  platform?: keyof typeof PLATFORMS;
  imports?: ModuleMetadata['imports'];
  /** Emulator of another application, which stops it. */
  emulator?: ProviderEmulator;
} = {}): Promise<TelemetryApp> {
  const emulator = shared ?? (await startProviderEmulator(emulatorOptions));
  const { openai, anthropic } = clients(emulator, maxRetries);
  const records: CallRecord[] = [];
  const onCall = options.onCall ?? ((record: CallRecord) => void records.push(record));

  const pricing = { hosts: LOCAL_PROVIDERS, ...options.pricing };

  @Module({
    imports: imports ?? [LlmTelemetryModule.forRoot({ ...options, pricing, onCall })],
    providers: [
      { provide: OpenAI, useValue: openai },
      { provide: Anthropic, useValue: anthropic },
      ...providers,
    ],
    controllers,
  })
  class TestModule {}

  const logger = new CapturedLogger();
  const module = await Test.createTestingModule({ imports: [TestModule] })
    .setLogger(logger)
    .compile()
    .catch(async (error: unknown) => {
      if (!shared) await emulator.stop();
      throw error;
    });
  const app = module.createNestApplication<NestFastifyApplication>(PLATFORMS[platform](), { logger });
  await app.init();
  if (platform === 'fastify') await app.getHttpAdapter().getInstance().ready();
  return {
    app,
    emulator,
    records,
    logger,
    get: (type) => app.get(type, { strict: false }),
    flush: () => app.get(LlmTelemetry, { strict: false }).flush(),
    stop: async () => {
      await app.close();
      if (!shared) await emulator.stop();
    },
  };
}
