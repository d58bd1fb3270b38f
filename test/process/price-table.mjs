/**
 * Prints when the price table is loaded, and the cost of a call that ends before. The arguments are the copy of the library
 * (`esm` or `cjs`) and `early` if the application ends a call in `onModuleInit`.
 */
import 'reflect-metadata';
import { createRequire, registerHooks } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { annotate } from './annotate.mjs';

let loads = 0;
registerHooks({
  load(url, context, nextLoad) {
    if (url.includes('/@pydantic/genai-prices/')) loads++;
    return nextLoad(url, context);
  },
});

const [, , copy, early] = process.argv;
const { currentLlmCall, LlmCall, LlmTelemetryModule } =
  copy === 'cjs'
    ? createRequire(import.meta.url)('../../dist/cjs/llm-telemetry/index.js')
    : await import(new URL('../../dist/esm/llm-telemetry/index.js', import.meta.url));
const printed = { afterImport: loads };
const costs = [];

class Warmup {
  onModuleInit() {
    if (early === 'early') this.ask();
  }

  ask() {
    const usage = { inputTokens: 1_000_000, outputTokens: 0 };
    currentLlmCall().recordResponse({ provider: 'openai', model: 'gpt-4o-mini', usage });
  }
}
annotate(Warmup, 'ask', LlmCall({ feature: 'warmup', operation: 'ask' }));
Injectable()(Warmup);

class AppModule {}
Module({
  imports: [LlmTelemetryModule.forRoot({ store: false, onCall: ({ cost }) => costs.push(cost) })],
  providers: [Warmup],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
printed.afterStart = loads;
await turn();
await turn();
printed.later = loads;
await app.close();
process.stdout.write(JSON.stringify({ ...printed, costs }));
