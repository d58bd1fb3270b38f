import type { Type } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import Anthropic from '@anthropic-ai/sdk';
import {
  startProviderEmulator,
  type EmulatorOptions,
  type ProviderEmulator,
} from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import request, { type Response, type Test as SupertestRequest } from 'supertest';
import { readConfig } from '../../src/example/app-config.js';
import { AppModule } from '../../src/example/app.module.js';
import { configureApp } from '../../src/example/create-app.js';
import { APP_CONFIG } from '../../src/example/app-config.module.js';
import { CapturedLogger } from './captured-logger.js';

/** API keys that must not appear in any output. */
export const CANARY_KEYS = { openai: 'sk-canary-openai-5f1d', anthropic: 'sk-ant-canary-77aa' };

/** Example service, started with API keys. Its SDKs send requests to an emulator of the test. */
export class ExampleApp {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly emulator: ProviderEmulator,
    readonly logger: CapturedLogger,
  ) {}

  static async start({
    module = AppModule,
    emulatorOptions,
    clients = {},
    env = {},
  }: {
    module?: Type;
    emulatorOptions?: EmulatorOptions;
    clients?: { timeout?: number; maxRetries?: number };
    env?: Readonly<Record<string, string>>;
  } = {}): Promise<ExampleApp> {
    const emulator = await startProviderEmulator(emulatorOptions);
    const config = readConfig({
      OPENAI_API_KEY: CANARY_KEYS.openai,
      OPENAI_BASE_URL: emulator.openaiBaseUrl,
      ANTHROPIC_API_KEY: CANARY_KEYS.anthropic,
      ANTHROPIC_BASE_URL: emulator.anthropicBaseUrl,
      ...env,
    });
    const logger = new CapturedLogger();
    const builder = Test.createTestingModule({ imports: [module] })
      .overrideProvider(APP_CONFIG)
      .useValue(config)
      .setLogger(logger);
    if (Object.keys(clients).length > 0) {
      const openai = { apiKey: CANARY_KEYS.openai, baseURL: emulator.openaiBaseUrl, ...clients };
      const anthropic = { apiKey: CANARY_KEYS.anthropic, baseURL: emulator.anthropicBaseUrl, ...clients };
      builder.overrideProvider(OpenAI).useValue(new OpenAI(openai));
      builder.overrideProvider(Anthropic).useValue(new Anthropic(anthropic));
    }
    const testing = await builder.compile();
    const app = configureApp(
      testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger }),
    );
    await app.listen(0, '127.0.0.1');
    return new ExampleApp(app, emulator, logger);
  }

  summarize(orderText: string, userId = 'customer-1'): SupertestRequest {
    return this.post('/orders/summarize', { order_text: orderText, user_id: userId });
  }

  classify(ticketText: string): SupertestRequest {
    return this.post('/support/classify', { ticket_text: ticketText });
  }

  post(path: string, body: object | string): SupertestRequest {
    return request(this.app.getHttpServer()).post(path).set('content-type', 'application/json').send(body);
  }

  get(path: string): SupertestRequest {
    return request(this.app.getHttpServer()).get(path);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.emulator.stop();
  }
}

/** Returns the comparable parts of a response of the service. */
export function responseOf({ status, headers, body, text }: Response): object {
  return {
    status,
    type: headers['content-type'],
    retryAfter: headers['retry-after'],
    body: Object.keys(body).length > 0 ? body : text,
  };
}
