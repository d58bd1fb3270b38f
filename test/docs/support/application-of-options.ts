import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  LlmCall,
  LlmTelemetryModule,
  LlmTelemetryOptionsError,
  type LlmTelemetryOptions,
} from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import type { DashboardApp } from '../../support/dashboard-app.js';
import { chat } from '../../support/prompts.js';
import { CollectedSpans } from '../../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../../support/telemetry-app.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Application with given options that verifies the claims of docs/options.md. Stopped after each test. */

@Injectable()
export class Assistant {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(text?: string): Promise<void> {
    await this.openai.chat.completions.create(chat(text));
  }

  @LlmCall({ feature: 'orders', operation: 'instructed' })
  async instructed(system: string, text: string): Promise<void> {
    const { model, messages } = chat(text);
    await this.openai.chat.completions.create({
      model,
      messages: [{ role: 'system', content: system }, ...messages],
    });
  }

  /** Returns the number of chunks without choices that the application receives. */
  @LlmCall({ feature: 'orders', operation: 'stream' })
  async stream(): Promise<number> {
    const stream = await this.openai.chat.completions.create({ ...chat(), stream: true });
    let withoutChoices = 0;
    for await (const { choices } of stream) if (choices.length === 0) withoutChoices++;
    return withoutChoices;
  }
}

@Controller('orders')
export class OrdersController {
  constructor(private readonly assistant: Assistant) {}

  @Get()
  summarize(): Promise<void> {
    return this.assistant.summarize();
  }
}

export const spans = new CollectedSpans();
export const folder = temporaryFolder();
const environment = process.env['NODE_ENV'];
/** Applications to stop after the test. */
export const running: { telemetry?: TelemetryApp | undefined; dashboard?: DashboardApp | undefined } = {};
afterEach(async () => {
  await running.telemetry?.stop();
  await running.dashboard?.stop();
  running.telemetry = running.dashboard = undefined;
  process.env['NODE_ENV'] = environment;
  spans.clear();
});

export async function start(options: LlmTelemetryOptions = {}): Promise<TelemetryApp> {
  const setup = { providers: [Assistant], controllers: [OrdersController], options };
  return (running.telemetry = await startTelemetryApp(setup));
}

export async function called(options: LlmTelemetryOptions, text?: string): Promise<TelemetryApp> {
  const app = await start(options);
  await app
    .get(Assistant)
    .summarize(text)
    .catch(() => {});
  await app.flush();
  return app;
}

/** Starts an application with invalid options and returns its error. */
export async function errorOf(options: unknown, asynchronous = false): Promise<LlmTelemetryOptionsError> {
  @Module({
    imports: [
      asynchronous
        ? LlmTelemetryModule.forRootAsync({ useFactory: () => options as LlmTelemetryOptions })
        : LlmTelemetryModule.forRoot(options as LlmTelemetryOptions),
    ],
  })
  class AppModule {}
  const error = await NestFactory.create(AppModule, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  }).then(
    async (app) => {
      await app.close();
      throw new Error('The application has started.');
    },
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LlmTelemetryOptionsError);
  return error as LlmTelemetryOptionsError;
}
