/**
 * Requests event streams from plain methods, whose requests the provider rejects, and from annotated methods, whose
 * requests a budget refuses. Prints the unhandled rejections of both and the number of requests at the provider.
 */
import 'reflect-metadata';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LlmCall, LlmTelemetryModule } from 'nestjs-llm-telemetry';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { annotate } from './annotate.mjs';

const requests = { held: 0, plain: 0, annotated: 0 };
let side = 'held';
const server = createServer((request, response) => {
  requests[side]++;
  request.resume();
  const body =
    side === 'held'
      ? {
          choices: [],
          model: 'gpt-4o-mini',
          usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
        }
      : { error: { message: 'refused' } };
  response.writeHead(side === 'held' ? 200 : 402, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;
const openai = new OpenAI({ apiKey: 'sk-canary', baseURL: `${origin}/v1` });
const anthropic = new Anthropic({ apiKey: 'sk-canary', baseURL: origin });

class Results {
  plain(make) {
    return make();
  }
  annotated(make) {
    return make();
  }
}
Injectable()(Results);
annotate(Results, 'annotated', LlmCall({ feature: 'orders', operation: 'summarize' }));

class AppModule {}
// The server stands in for both providers.
const pricing = { hosts: { '127.0.0.1': 'native' } };
const budgets = [{ feature: 'orders', usd: 0.001, per: 'day', onExceed: 'block' }];
Module({ imports: [LlmTelemetryModule.forRoot({ store: false, budgets, pricing })], providers: [Results] })(
  AppModule,
);
const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const results = app.get(Results);

const prompt = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello.' }] };
// A call that never ends, so that its reservation exhausts the budget.
await new Promise((held) => {
  void results.annotated(async () => {
    await openai.chat.completions.create(prompt);
    held();
    await new Promise(() => {});
  });
});

const helpers = {
  openai: () => openai.chat.completions.stream(prompt),
  responses: () => openai.responses.stream({ model: 'gpt-4o-mini', input: 'Say hello.' }),
  anthropic: () => anthropic.messages.stream({ ...prompt, model: 'claude-haiku-4-5', max_tokens: 100 }),
};

const none = () => {};
const ofHelpers = {
  'not consumed': none,
  'listened to for other events': (stream) => void stream.on('connect', none).once('abort', none),
  'listened to': (stream) => void stream.on('error', none),
  'listened to, and no more': (stream) => void stream.on('error', none).off('error', none),
  'done()': (stream) => void stream.done(),
  'done(), handled': (stream) => void stream.done().catch(none),
  'done(), handled once': (stream) => {
    void stream.done();
    stream.done().catch(none);
  },
  'emitted()': (stream) => void stream.emitted('connect'),
  'emitted(), handled': (stream) => void stream.emitted('connect').catch(none),
  'a step of a loop': (stream) => void stream[Symbol.asyncIterator]().next(),
};
const reading = (body) => {
  const reader = body.getReader();
  reader.read().catch(none);
  return reader;
};
const ofStreams = {
  'a stream, not consumed': none,
  'a read': (body) => void body.getReader().read(),
  'a read, handled': (body) => void body.getReader().read().catch(none),
  'closed, which the platform takes as handled': (body) => void reading(body).closed,
  'what follows on closed': (body) => void reading(body).closed.then(none),
  'a step of a loop over a stream': (body) => void body.values().next(),
  'a read of each branch': (body) => void body.tee().map((branch) => branch.getReader().read()),
  'a pipe': (body) => void body.pipeTo(new WritableStream()),
  'a pipe through another stream': (body) => void body.pipeThrough(new TransformStream()),
};

let current = '';
const heard = { plain: [], annotated: [] };
process.on('unhandledRejection', ({ constructor: { name } }) => heard[side].push([current, name]));

/** Runs a scenario. Resolves when its unhandled rejections have been reported. */
async function hear(name, scenario, helper, resultOf) {
  current = name;
  let stream;
  const result = results[side](() => resultOf((stream = helper())));
  const ended = new Promise((resolve) => stream.on('end', resolve));
  scenario(result);
  await ended;
  // Unhandled rejections are reported after the microtasks have run.
  for (let turn = 0; turn < 3; turn++) await setImmediate();
}

for (side of ['plain', 'annotated']) {
  for (const [sdk, helper] of Object.entries(helpers)) {
    for (const [name, scenario] of Object.entries(ofHelpers))
      await hear(`${sdk}, ${name}`, scenario, helper, (stream) => stream);
    for (const [name, scenario] of Object.entries(ofStreams))
      await hear(`${sdk}, ${name}`, scenario, helper, (stream) => ReadableStream.from(stream));
  }
}
process.stdout.write(JSON.stringify({ heard, requests }));
server.closeAllConnections();
server.close();
await app.close();
