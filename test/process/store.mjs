/**
 * Service that makes calls with the built library (`esm` or `cjs`) and a store at a path. The last argument is how it
 * ends: `exit` (process.exit), `end` (empty event loop), `close` (application.close) or `never`. Prints the number of
 * ended calls as it increases.
 */
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const [, , format, path, count, ending] = process.argv;
const { LlmTelemetryModule, LlmTelemetry, currentLlmCall } =
  format === 'esm'
    ? await import(new URL('../../dist/esm/llm-telemetry/index.js', import.meta.url))
    : createRequire(import.meta.url)('../../dist/cjs/llm-telemetry/index.js');

class AppModule {}
Module({ imports: [LlmTelemetryModule.forRoot({ store: { path } })] })(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn'] });
const telemetry = app.get(LlmTelemetry);

const response = { provider: 'openai', model: 'gpt-4o-mini', usage: { inputTokens: 10, outputTokens: 5 } };
for (let made = 1; made <= Number(count); made++) {
  telemetry.run({ feature: 'orders', operation: 'summarize' }, () =>
    currentLlmCall().recordResponse(response),
  );
  if (made % 50 === 0) {
    process.stdout.write(`calls ${made} at ${Date.now()}\n`);
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
}
process.stdout.write('made\n');
if (ending === 'exit') process.exit(0);
if (ending === 'close') await app.close();
if (ending === 'never') setInterval(() => undefined, 1000);
