import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, expect, it, vi } from 'vitest';
import { LlmTelemetry, LlmTelemetryModule } from '../../../dist/esm/llm-telemetry/index.js';
import { ORIGIN, PATH, respond } from '../tools.mjs';

const imported = globalThis.fetch;
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
})(AppModule);
const application = await NestFactory.createApplicationContext(AppModule, { logger });
const telemetry = application.get(LlmTelemetry);

const answer = async (_url, { body }) => new Response(respond(body).text);
const ask = async (send) => {
  const body = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello.' }] });
  const response = await send(`${ORIGIN}${PATH}`, { method: 'POST', body });
  return (await response.json()).usage.total_tokens;
};
const run = (work) => telemetry.run({ feature: 'test', operation: 'ask' }, work);

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  records.length = 0;
  if (globalThis.fetch !== imported) throw new Error('The tap was not restored.');
});

it('captures a function that vi.stubGlobal installs', async () => {
  vi.stubGlobal('fetch', answer);
  expect(await run(() => ask(fetch))).toBe(18);
  expect(records).toMatchObject([{ usage: { inputTokens: 11, outputTokens: 7 }, cost: { source: 'table' } }]);
});

it('leaves a mock in place, warns once, and captures it through wrapFetch', async () => {
  const mock = vi.fn(answer);
  vi.stubGlobal('fetch', mock);
  await run(() => ask(fetch));
  await run(() => ask(fetch));
  expect(globalThis.fetch).toBe(mock);
  expect(fetch).toHaveBeenCalledTimes(2);
  expect(warnings.filter((text) => text.includes('globalThis.fetch is a mock'))).toHaveLength(1);
  expect(records).toMatchObject([{ usage: null }, { usage: null }]);

  await run(() => ask(telemetry.wrapFetch(fetch)));
  expect(telemetry.wrapFetch(fetch)).toHaveBeenCalledTimes(3);
  expect(records[2]).toMatchObject({ usage: { inputTokens: 11, outputTokens: 7 } });
});

it('captures a spy that calls through', async () => {
  const spy = vi.spyOn(globalThis, 'fetch');
  await run(() => ask(fetch)).catch(() => undefined);
  expect(spy).toHaveBeenCalledOnce();
  expect(records).toMatchObject([{ attempts: [{ requestModel: 'gpt-4o-mini' }] }]);
});
