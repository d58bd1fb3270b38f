/**
 * Script with an application without a server, calls through `run()`, and an annotated instance that Nest did not
 * create. Prints the records and the bill, and exits by itself.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LlmCall, LlmTelemetry, LlmTelemetryModule } from 'nestjs-llm-telemetry';
import { startProviderEmulator } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import { annotate } from './annotate.mjs';

const records = [];
class ScriptModule {}
Module({ imports: [LlmTelemetryModule.forRoot({ onCall: (record) => void records.push(record) })] })(
  ScriptModule,
);

const emulator = await startProviderEmulator();
const openai = new OpenAI({ apiKey: 'sk-not-a-key', baseURL: emulator.openaiBaseUrl, maxRetries: 1 });
const application = await NestFactory.createApplicationContext(ScriptModule, { logger: false });
const llm = application.get(LlmTelemetry);

class Digest {
  write(model, fault) {
    return ask(model, fault);
  }
}
annotate(Digest, 'write', LlmCall({ feature: 'script', operation: 'digest' }));

await Promise.all([
  llm.run({ feature: 'script', operation: 'run' }, () => ask('one', 'none')),
  llm.run({ feature: 'script', operation: 'retried' }, () =>
    ask('two', 'rate_limit attempts=1 retry_after=0.001'),
  ),
  new Digest().write('three', 'none'),
]);
let failure = null;
try {
  await new Digest().write('four', 'bad_request');
} catch (error) {
  failure = error.constructor.name;
}

await application.close();
await emulator.stop();
process.stdout.write(JSON.stringify({ records, failure, bill: emulator.ledger.entries() }));

function ask(model, fault) {
  return openai.chat.completions.create(
    { model, messages: [{ role: 'user', content: `Say hello to ${model}.` }] },
    { headers: { 'x-emulator-fault': fault } },
  );
}
