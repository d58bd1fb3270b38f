/**
 * Reads a stream of openai as an ES module without manual instrumentation. Prints the text, the thrown error, unhandled
 * rejections and the records. The argument is the prompt.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LlmTelemetry, LlmTelemetryModule } from 'nestjs-llm-telemetry';
import { startProviderEmulator } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import { VERSION } from 'openai/version';

const records = [];
const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));

class AppModule {}
Module({ imports: [LlmTelemetryModule.forRoot({ onCall: (record) => void records.push(record) })] })(
  AppModule,
);
const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const emulator = await startProviderEmulator();
const openai = new OpenAI({ apiKey: 'sk-canary-openai-key', baseURL: emulator.openaiBaseUrl, maxRetries: 0 });

let text = '';
let error = null;
try {
  await app.get(LlmTelemetry).run({ feature: 'greetings', operation: 'greet' }, async () => {
    const stream = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: process.argv[2] }],
      stream: true,
    });
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  });
} catch (thrown) {
  error = thrown.constructor.name;
}
await emulator.stop();
await app.close();
process.on('exit', () => {
  process.stdout.write(JSON.stringify({ version: VERSION, text, error, unhandled, records }));
});
