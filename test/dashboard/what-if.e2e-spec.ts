import { Injectable } from '@nestjs/common';
import Anthropic from '@anthropic-ai/sdk';
import { currentLlmCall, LlmCall, LlmTelemetryQueries, type WhatIf } from 'nestjs-llm-telemetry';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import OpenAI from 'openai';
import request from 'supertest';
import { chat, message } from '../support/prompts.js';
import { PLATFORMS, startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** USD per million tokens, from the providers' price lists (November 2026). */
const PRICES = {
  'gpt-4o-mini': { input: 0.15, cached: 0.075, output: 0.6 },
  'gpt-4o': { input: 2.5, cached: 1.25, output: 10 },
  'claude-haiku-4-5': { input: 1, cached: 0.1, output: 5 },
};

/** Exceeds the minimum length of cached prompts. */
const LONG = 'You summarize orders. Be brief. '.repeat(200);

@Injectable()
class Assistant {
  constructor(
    private readonly openai: OpenAI,
    private readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(text: string, model = 'gpt-4o-mini'): Promise<void> {
    const { messages } = chat(text);
    await this.openai.chat.completions.create({
      model,
      messages: [{ role: 'system', content: LONG }, ...messages],
    });
  }

  @LlmCall({ feature: 'support', operation: 'classify' })
  async classify(): Promise<void> {
    await this.anthropic.messages.create(message());
  }

  @LlmCall({ feature: 'local', operation: 'guess' })
  guess(serviceTier?: string): void {
    const usage = serviceTier === undefined ? undefined : { inputTokens: 100, outputTokens: 10, serviceTier };
    currentLlmCall()!.recordResponse({ provider: 'openai', model: 'gpt-4o-mini', usage });
  }
}

let telemetry: TelemetryApp;
let assistant: Assistant;
afterEach(() => telemetry.stop());

async function start(platform: keyof typeof PLATFORMS = 'fastify'): Promise<void> {
  telemetry = await startTelemetryApp({
    platform,
    providers: [Assistant],
    emulatorOptions: { cachedTokens: true },
  });
  assistant = telemetry.get(Assistant);
}

/** Returns the cost of ledger entries at the prices of a model. */
function billAt(model: keyof typeof PRICES, entries: readonly LedgerEntry[]): number {
  const { input, cached, output } = PRICES[model];
  return entries.reduce(
    (sum, { inputTokens, cachedInputTokens, outputTokens }) =>
      sum +
      ((inputTokens - cachedInputTokens) * input + cachedInputTokens * cached + outputTokens * output) / 1e6,
    0,
  );
}

const server = (): Parameters<typeof request>[0] => telemetry.app.getHttpServer() as never;

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)(
  'what-if queries on %s',
  (platform) => {
    it.each([
      ['gpt-4o-mini', 'openai', 'high'],
      ['gpt-4o', 'openai', 'medium'],
      ['claude-haiku-4-5', 'anthropic', 'low'],
    ] as const)('reprice the tokens of calls at the prices of %s', async (model, provider, confidence) => {
      await start(platform);
      for (const text of ['one', 'two', 'three']) await assistant.summarize(text);
      await assistant.summarize('[emulate bad_request]').catch(() => undefined);
      await assistant.classify();
      await telemetry.flush();
      const entries = telemetry.emulator.ledger
        .entries()
        .filter((entry) => entry.billed && entry.provider === 'openai');
      expect(entries.some(({ cachedInputTokens }) => cachedInputTokens > 0)).toBe(true);
      const spent = billAt('gpt-4o-mini', entries);
      const wouldBe = billAt(model, entries);

      const { body } = await request(server())
        .get('/llm/api/what-if')
        .query({ model, feature: 'orders' })
        .expect(200);
      expect(body as WhatIf).toMatchObject({
        feature: 'orders',
        model,
        provider,
        calls: 3,
        readCalls: 3,
        repricedCalls: 3,
        spentUsd: expect.closeTo(spent, 12) as number,
        wouldBeUsd: expect.closeTo(wouldBe, 12) as number,
        differenceUsd: expect.closeTo(wouldBe - spent, 12) as number,
        notRepriced: [],
        estimatedCalls: 0,
        confidence,
      });
    });

    it.each([
      ['', 'Missing query parameter "model". It must be the name of the other model.'],
      [
        '?model=canary-model',
        'No price found for this model. Check its name or add it to pricing.overrides.',
      ],
      [
        '?model=gpt-4o&provider=canary-provider',
        'No price found for this model. Check its name or add it to pricing.overrides.',
      ],
      ['?model=gpt-4o&model=gpt-4o-mini', 'Query parameter "model" is repeated. It can be given once.'],
    ])('respond with 400 to invalid parameters: %s', async (query, message) => {
      await start(platform);
      const { body } = await request(server()).get(`/llm/api/what-if${query}`).expect(400);
      expect(body).toMatchObject({ statusCode: 400, message });
    });
  },
);

it('a what-if query counts calls that cannot be repriced by reason', async () => {
  await start();
  await assistant.summarize('one');
  await assistant.summarize('two', 'my-model');
  assistant.guess();
  assistant.guess();
  assistant.guess();
  assistant.guess('scale');
  assistant.guess('scale');
  await telemetry.flush();
  const whatIf = await telemetry.get(LlmTelemetryQueries).whatIf({ model: 'text-embedding-3-small' });
  expect(whatIf).toMatchObject({ calls: 7, readCalls: 7, repricedCalls: 0, spentUsd: 0, confidence: 'low' });
  expect(whatIf.notRepriced).toEqual([
    { reason: 'unknown cost', calls: 3 },
    { reason: 'no usage', calls: 3 },
    { reason: 'no output price for text-embedding-3-small', calls: 1 },
  ]);
});

it('a what-if query covers its range and all features by default', async () => {
  await start();
  await assistant.summarize('one');
  await assistant.classify();
  await telemetry.flush();
  const queries = telemetry.get(LlmTelemetryQueries);
  expect(await queries.whatIf({ model: 'gpt-4o' })).toMatchObject({ repricedCalls: 2, confidence: 'low' });
  const earlier = { to: Date.now() - 3_600_000, model: 'gpt-4o' };
  expect(await queries.whatIf(earlier)).toMatchObject({ calls: 0, readCalls: 0, spentUsd: 0, wouldBeUsd: 0 });
});
