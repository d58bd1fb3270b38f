/**
 * Runs methods with and without the annotation whose results reject. Prints the unhandled rejections of each.
 */
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LlmCall, LlmTelemetryModule } from 'nestjs-llm-telemetry';
import { annotate } from './annotate.mjs';

class SubPromise extends Promise {}

class Results {
  plain(make) {
    return make();
  }
  annotated(make) {
    return make();
  }
  retried(make) {
    return make();
  }
}
Injectable()(Results);
annotate(Results, 'annotated', LlmCall({ feature: 'orders', operation: 'summarize' }));
annotate(Results, 'retried', LlmCall({ feature: 'orders', operation: 'summarize', retry: 1 }));

class AppModule {}
Module({ imports: [LlmTelemetryModule.forRoot()], providers: [Results] })(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const results = app.get(Results);

const scenarios = {
  'a subclass, not consumed': (call, error) => call(() => SubPromise.reject(error)),
  'a subclass with then': (call, error) => void call(() => SubPromise.reject(error)).then(() => {}),
  'a subclass with finally': (call, error) => void call(() => SubPromise.reject(error)).finally(() => {}),
  'a subclass with catch': (call, error) => void call(() => SubPromise.reject(error)).catch(() => {}),
  'the same promise twice, handled once': (call, error) => {
    const shared = Promise.reject(error);
    void call(() => shared);
    call(() => shared).catch(() => {});
  },
  'a step of a generator': (call, error) =>
    // oxlint-disable-next-line require-yield -- it fails in its first step
    void call(async function* () {
      throw error;
    }).next(),
  'a generator in a loop': async (call, error) => {
    try {
      for await (const value of call(async function* () {
        yield 1;
        throw error;
      }))
        void value;
    } catch {
      // Handled.
    }
  },
  'a pipe of a stream': (call, error) =>
    void call(
      () =>
        new ReadableStream({
          pull() {
            throw error;
          },
        }),
    ).pipeTo(new WritableStream()),
};

const heard = { plain: [], annotated: [], retried: [] };
const expected = new Map();
process.on('unhandledRejection', (reason) => {
  const { side, name } = expected.get(reason) ?? { side: 'plain', name: String(reason) };
  heard[side].push(name);
});
process.on('exit', () => process.stdout.write(JSON.stringify(heard)));

for (const side of Object.keys(heard)) {
  for (const [name, scenario] of Object.entries(scenarios)) {
    // Skips the shared promise: a retry would return the same promise.
    if (side === 'retried' && name.startsWith('the same')) continue;
    const error = new RangeError(name);
    expected.set(error, { side, name });
    scenario((make) => results[side](make), error);
  }
}
