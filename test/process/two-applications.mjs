/**
 * Runs two applications in one process, each with a copy of the library, an `onCall` and a class. The first two
 * arguments are the copies (`esm` and `cjs` are formats of one, `copy` is another), the next two are the copies that annotate the classes (by default, the
 * application's copy). Prints the records that each `onCall` received and how often `fetch` was tapped.
 */
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { startProviderEmulator } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import { annotate } from './annotate.mjs';
import { importCopy } from './copy-of-library.mjs';

const CALLS = 10;

let taps = 0;
const load = {
  esm: () => import(new URL('../../dist/esm/llm-telemetry/index.js', import.meta.url)),
  cjs: async () => createRequire(import.meta.url)('../../dist/cjs/llm-telemetry/index.js'),
  copy: () => importCopy('index'),
};

const [, , first, second, annotatesFirst = first, annotatesSecond = second] = process.argv;
const applications = [];
for (const [module, decorator] of [
  [first, annotatesFirst],
  [second, annotatesSecond],
]) {
  applications.push(await createApplication(await loadCopy(module), await loadCopy(decorator)));
}

const emulator = await startProviderEmulator();
const client = new OpenAI({ apiKey: 'sk-not-a-key', baseURL: emulator.openaiBaseUrl });
const [one, other] = applications;
await Promise.all(
  Array.from({ length: CALLS }, async (_, index) => {
    await one.summaries.summarize(client, `one ${index}`);
    await other.summaries.summarize(client, `other ${index}`);
    // A nested call of the other application.
    await one.summaries.around(() => other.summaries.summarize(client, `inner ${index}`));
  }),
);
await Promise.all(applications.map(({ context }) => context.close()));
await emulator.stop();

process.stdout.write(
  JSON.stringify({
    taps,
    copies: new Set(applications.map(({ library }) => library.LlmTelemetryModule)).size,
    requests: emulator.requests.length,
    records: applications.map(({ records }) => countBy(records)),
  }),
);

/** Loads a copy of the library, which may tap `fetch`. */
async function loadCopy(kind) {
  const before = globalThis.fetch;
  const library = await load[kind]();
  if (globalThis.fetch !== before) taps++;
  return library;
}

async function createApplication(library, annotating) {
  const name = `application ${applications.length + 1}`;
  class Summaries {
    async summarize(openai, content) {
      await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] });
    }

    async around(inner) {
      await inner();
    }
  }
  Injectable()(Summaries);
  annotate(Summaries, 'summarize', annotating.LlmCall({ feature: name, operation: 'summarize' }));
  annotate(Summaries, 'around', annotating.LlmCall({ feature: name, operation: 'around' }));

  const records = [];
  class AppModule {}
  Module({
    imports: [library.LlmTelemetryModule.forRoot({ onCall: (record) => void records.push(record) })],
    providers: [Summaries],
  })(AppModule);
  const context = await NestFactory.createApplicationContext(AppModule, { logger: false });
  return { library, records, context, summaries: context.get(Summaries) };
}

/** Counts records by feature, operation and number of attempts. */
function countBy(records) {
  const counts = {};
  for (const { feature, operation, attempts } of records) {
    const key = `${feature}, ${operation}, attempts: ${attempts.length}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
