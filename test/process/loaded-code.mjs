/**
 * Prints the chunks of the library that are loaded by its import, by the start of an application, soon after, and by a
 * first model request.
 */
import 'reflect-metadata';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const require = createRequire(import.meta.url);
const seen = new Set();
const printed = {};
const { LlmTelemetry, LlmTelemetryModule } = await import('nestjs-llm-telemetry');
addNew('import');

const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
const choices = [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }];
const server = createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  request.resume().on('end', () => response.end(JSON.stringify({ model: 'gpt-4o-mini', choices, usage })));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const records = [];
class AppModule {}
Module({
  imports: [
    LlmTelemetryModule.forRoot({
      store: false,
      dashboard: false,
      onCall: (record) => records.push(record),
      pricing: { hosts: { '127.0.0.1': 'openai' } },
    }),
  ],
})(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
addNew('start');
await turn();
await turn();
addNew('afterStart');

await app.get(LlmTelemetry).run({ feature: 'greeting', operation: 'greet' }, async () => {
  const url = `http://127.0.0.1:${server.address().port}/v1/chat/completions`;
  const messages = [{ role: 'user', content: 'Hello' }];
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o-mini', messages }),
  });
  await response.json();
});
await app.get(LlmTelemetry).flush();
addNew('call');
await app.close();
server.close();
process.stdout.write(JSON.stringify({ ...printed, records: records.length }));

function addNew(step) {
  printed[step] ??= [];
  for (const file of Object.keys(require.cache)) {
    const chunk = basename(file);
    if (!file.includes('/chunks/') || seen.has(chunk)) continue;
    seen.add(chunk);
    printed[step].push(chunk);
  }
}
