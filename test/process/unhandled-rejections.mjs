/**
 * Runs annotated methods that reject without a handler. Prints which of the thrown errors were reported as unhandled.
 */
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LlmCall, LlmTelemetry, LlmTelemetryModule } from 'nestjs-llm-telemetry';
import { annotate } from './annotate.mjs';

const errors = new Map(['async', 'retry', 'run'].map((name) => [name, new Error(`of ${name}`)]));

class Summaries {
  async async() {
    throw errors.get('async');
  }

  async retry() {
    throw errors.get('retry');
  }
}
Injectable()(Summaries);
annotate(Summaries, 'async', LlmCall({ feature: 'orders', operation: 'summarize' }));
annotate(Summaries, 'retry', LlmCall({ feature: 'orders', operation: 'summarize', retry: 1 }));

const records = [];
class AppModule {}
Module({
  imports: [LlmTelemetryModule.forRoot({ onCall: (record) => void records.push(record) })],
  providers: [Summaries],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });

const unhandled = [];
process.on('unhandledRejection', (reason) => {
  unhandled.push([...errors].find(([, error]) => error === reason)?.[0] ?? String(reason));
});
// The process exits by itself when the event loop is empty.
process.on('exit', () => {
  process.stdout.write(JSON.stringify({ unhandled, failures: records.map(({ failure }) => failure?.type) }));
});

void app.get(Summaries).async();
void app.get(Summaries).retry();
void app.get(LlmTelemetry).run({ feature: 'orders', operation: 'summarize' }, async () => {
  throw errors.get('run');
});
