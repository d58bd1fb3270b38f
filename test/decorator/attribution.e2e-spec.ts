import { Controller, Get, Injectable, Param, Post } from '@nestjs/common';
import Anthropic from '@anthropic-ai/sdk';
import { metrics } from '@opentelemetry/api';
import { LlmCall, type LlmTelemetryOptions } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import request from 'supertest';
import { CollectedMetrics } from '../support/metrics.js';
import { chat, message } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** USD per million tokens, from the providers' price lists. */
const PRICES: Record<string, { input: number; output: number }> = {
  'gpt-4o-mini-2024-07-18': { input: 0.15, output: 0.6 },
  'claude-haiku-4-5-20251001': { input: 1, output: 5 },
};

@Injectable()
class Assistant {
  constructor(
    readonly openai: OpenAI,
    readonly anthropic: Anthropic,
  ) {}

  /** Contains another call. */
  @LlmCall({ feature: 'orders', operation: 'answer' })
  async answer(): Promise<void> {
    await this.openai.chat.completions.create(chat('outer'));
    await this.classify('inner');
  }

  @LlmCall({ feature: 'support', operation: 'classify' })
  async classify(text: string): Promise<void> {
    await this.anthropic.messages.create(message(text));
  }

  /** Falls back to another model after the first one fails with a billed response. */
  @LlmCall({ feature: 'orders', operation: 'fallback' })
  async fallback(): Promise<void> {
    try {
      await this.drain('[emulate stream_error after=4] first');
    } catch {
      await this.anthropic.messages.create(message('second'));
    }
  }

  /** Is retried once, so it is recorded as two calls. */
  @LlmCall({ feature: 'support', operation: 'parse', retry: { maxRetries: 1, maxDelayMs: 1 } })
  async parse(): Promise<void> {
    await this.openai.chat.completions.create(chat('parse me'));
    JSON.parse('{');
  }

  @LlmCall({ feature: 'support', operation: 'leave' })
  async leave(): Promise<void> {
    const chunks = await this.openai.chat.completions.create({ ...chat('long '.repeat(50)), stream: true });
    for await (const chunk of chunks) if (chunk.choices[0]?.delta.content) break;
  }

  private async drain(text: string): Promise<void> {
    for await (const event of await this.anthropic.messages.create({ ...message(text), stream: true }))
      void event;
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly assistant: Assistant) {}

  @Post(':id/answer')
  async answer(@Param('id') id: string): Promise<object> {
    await this.assistant.answer();
    return { id };
  }

  @Get(':id/category')
  async category(@Param('id') id: string): Promise<object> {
    await this.assistant.classify(id);
    return { id };
  }
}

const requestContext: LlmTelemetryOptions['requestContext'] = (context) => {
  const { headers } = context
    .switchToHttp()
    .getRequest<{ readonly headers: Record<string, string | undefined> }>();
  return { tenantId: headers['x-tenant'], userId: headers['x-user'] };
};

describe('the cost of a request', () => {
  const spans = new CollectedSpans();
  let telemetry: TelemetryApp;
  let collected: CollectedMetrics;
  let assistant: Assistant;
  beforeEach(async () => {
    collected = new CollectedMetrics().register();
    telemetry = await startTelemetryApp({
      providers: [Assistant],
      controllers: [OrdersController],
      maxRetries: 2,
      options: { requestContext, metricAttributes: ['http.route', 'llm.tenant'] },
    });
    assistant = telemetry.get(Assistant);
    spans.clear();
  });
  afterEach(async () => {
    await telemetry.stop();
    metrics.disable();
  });

  /** Returns the cost of the ledger entries by the price list. */
  const bill = (): number =>
    telemetry.emulator.ledger
      .entries()
      .filter(({ billed }) => billed)
      .reduce((sum, { model, inputTokens, outputTokens }) => {
        const { input, output } = PRICES[model]!;
        return sum + (inputTokens * input + outputTokens * output) / 1e6;
      }, 0);

  const sumOf = (amounts: readonly unknown[]): number =>
    amounts.reduce<number>((sum, usd) => sum + ((usd as number | undefined) ?? 0), 0);

  /** Returns the total cost of records, of spans and of the counter. */
  async function sums(): Promise<[number, number, number]> {
    await telemetry.flush();
    const calls = await spans.calls();
    return [
      sumOf(telemetry.records.map(({ cost }) => cost.costUsd)),
      sumOf(calls.map(({ attributes }) => attributes['llm.estimated_cost_usd'])),
      (await collected.sum('llm.cost'))!,
    ];
  }

  it.each<[string, () => Promise<void>, number]>([
    ['a nested call', () => assistant.answer(), 2],
    [
      'a call that the SDK retries',
      () => assistant.classify('[emulate overloaded attempts=1 retry_after=0]'),
      1,
    ],
    ['each execution of a retried method', () => assistant.parse().catch(() => undefined), 2],
    [
      'a request outside of any call',
      async () => void (await assistant.openai.chat.completions.create(chat('alone'))),
      1,
    ],
  ])('is counted once: %s', async (_, work, billed) => {
    await work();
    expect(telemetry.emulator.ledger.entries().filter((entry) => entry.billed)).toHaveLength(billed);
    for (const sum of await sums()) expect(sum).toBeCloseTo(bill(), 12);
  });

  it('is counted once for each model of a call with two models', async () => {
    await assistant.fallback();
    const [record] = (await sums(), telemetry.records);
    expect(record!.attempts.map(({ usage }) => usage!.source)).toEqual(['estimated', 'provider']);
    const costs = record!.attempts.map(({ cost }) => (cost!.source === 'unknown' ? null : cost!.costUsd));
    expect(record!.cost.costUsd).toBe(sumOf(costs));
    expect(await collected.sum('llm.cost')).toBe(record!.cost.costUsd);
  });

  it('is estimated and counted once for a stream that the application left', async () => {
    await assistant.leave();
    const all = await sums();
    expect(new Set(all).size).toBe(1);
    expect(all[0]).toBeGreaterThan(0);
    expect(telemetry.records[0]!.usage!.source).toBe('estimated');
  });

  it('is 0 for a rejected request', async () => {
    await assistant.classify('[emulate bad_request]').catch(() => undefined);
    await telemetry.flush();
    expect(telemetry.records[0]!.cost).toEqual({ source: null, costUsd: 0 });
    expect(await collected.points('llm.cost')).toEqual([]);
  });

  it('is attributed to feature, model, route, tenant and user', async () => {
    const server = telemetry.app.getHttpServer() as Parameters<typeof request>[0];
    await request(server).post('/orders/1/answer').set({ 'x-tenant': 'acme', 'x-user': 'ada' }).expect(201);
    await request(server).post('/orders/2/answer').set({ 'x-tenant': 'initech' }).expect(201);
    await request(server).get('/orders/3/category').set({ 'x-tenant': 'acme' }).expect(200);
    await telemetry.flush();

    const calls = await spans.calls();
    const byRoute = (route: string): number =>
      sumOf(
        calls
          .filter(({ attributes }) => attributes['http.route'] === route)
          .map(({ attributes }) => attributes['llm.estimated_cost_usd']),
      );
    expect(byRoute('/orders/:id/answer') + byRoute('/orders/:id/category')).toBeCloseTo(bill(), 12);
    expect(byRoute('/orders/:id/category')).toBeGreaterThan(0);
    expect(calls.filter(({ attributes }) => attributes['user.id'] === 'ada')).toHaveLength(2);

    const points = await collected.points('llm.cost', { 'llm.tenant': 'acme' });
    expect(points.map(({ attributes }) => attributes)).toEqual(
      expect.arrayContaining([
        {
          'gen_ai.provider.name': 'anthropic',
          'gen_ai.response.model': 'claude-haiku-4-5-20251001',
          'http.route': '/orders/:id/category',
          'llm.feature': 'support',
          'llm.operation': 'classify',
          'llm.tenant': 'acme',
        },
      ]),
    );
    expect(points).toHaveLength(3);
    expect(await collected.points('llm.cost', { 'llm.tenant': 'initech' })).toHaveLength(2);
    expect((await collected.points('llm.cost')).some(({ attributes }) => 'user.id' in attributes)).toBe(
      false,
    );
    expect(await collected.sum('llm.cost')).toBeCloseTo(bill(), 12);
  });

  it('has one series for all tenants beyond the limit', async () => {
    const server = telemetry.app.getHttpServer() as Parameters<typeof request>[0];
    for (let tenant = 0; tenant < 210; tenant++) {
      await request(server)
        .get(`/orders/${tenant}/category`)
        .set({ 'x-tenant': `tenant-${tenant}` });
    }
    await telemetry.flush();
    expect(await collected.points('llm.cost')).toHaveLength(201);
    expect(await collected.sum('llm.calls', { 'llm.tenant': 'other' })).toBe(10);
  }, 30_000);
});

it('an unknown metric attribute fails the start of the application', async () => {
  await expect(startTelemetryApp({ options: { metricAttributes: ['user' as 'user.id'] } })).rejects.toThrow(
    'metricAttributes[0] must be "http.route", "llm.tenant", "user.id" or "session.id", received the string "user". Did you mean "user.id"?',
  );
});
