/**
 * Nest application whose SDK client is created by a provider. Imports the library, then starts a tool (first
 * argument) `before` or `after` the application is created (second argument). Makes calls through the SDK and `fetch`,
 * removes the tool, makes another call and prints the records.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import OpenAI from 'openai';
import { LlmTelemetry, LlmTelemetryModule } from '../../dist/esm/llm-telemetry/index.js';
import { startProviderEmulator } from '../../dist/esm/llm-telemetry/testing/index.js';
import { ORIGIN, PATH, TOOLS } from './tools.mjs';

const [, , tool, when] = process.argv;
const records = [];
const warnings = [];
const logger = { log() {}, error() {}, warn: (text) => warnings.push(String(text)) };

class AppModule {}
Module({
  imports: [
    LlmTelemetryModule.forRoot({
      store: false,
      // The mocked host stands in for OpenAI.
      pricing: { hosts: { [new URL(ORIGIN).hostname]: 'native' } },
      onCall: (record) => void records.push(record),
    }),
  ],
  providers: [
    {
      provide: OpenAI,
      useFactory: () => new OpenAI({ apiKey: 'sk-test', maxRetries: 0, baseURL: `${ORIGIN}/v1` }),
    },
  ],
})(AppModule);

const imported = globalThis.fetch;
let remove = when === 'before' ? await TOOLS[tool]() : null;
const application = await NestFactory.createApplicationContext(AppModule, { logger });
const telemetry = application.get(LlmTelemetry);
const openai = application.get(OpenAI);
remove ??= await TOOLS[tool]();
const replacement = globalThis.fetch;

const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello.' }] };
const answers = {};
// A client keeps the `fetch` of its construction, so a client that was created before the tool does not use it.
if (when === 'before') await call('sdk', async () => textOf(await openai.chat.completions.create(body)));
await call('fetch', async () => textOf(await (await post(ORIGIN, body)).json()));
await call('stream', async () => {
  const events = await (await post(ORIGIN, { ...body, stream: true })).text();
  return JSON.parse(events.split('data: ')[1]).choices[0].delta.content;
});
const identical = globalThis.fetch === replacement;

await remove();
const restored = globalThis.fetch === imported;
const emulator = await startProviderEmulator();
await call('removed', async () => (await (await post(emulator.url, body)).json()).object);
await emulator.stop();
await application.close();

process.stdout.write(
  JSON.stringify({
    answers,
    identical,
    restored,
    warnings,
    calls: records.map(({ operation, usage, cost, requestModel, attempts }) => ({
      operation,
      requestModel,
      usage: usage && [usage.inputTokens, usage.outputTokens, usage.source],
      cost: cost.source,
      attempts: attempts.length,
    })),
  }),
);

async function call(operation, work) {
  const name = { feature: 'test', operation };
  answers[operation] = await telemetry.run(name, work).catch((error) => String(error));
}

function post(origin, content) {
  return fetch(`${origin}${PATH}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-test', 'content-type': 'application/json' },
    body: JSON.stringify(content),
  });
}

function textOf(completion) {
  return completion.choices[0].message.content;
}
