import { Controller, Injectable, Post, UseFilters } from '@nestjs/common';
import Anthropic from '@anthropic-ai/sdk';
import {
  LlmBudgetExceededError,
  LlmCall,
  LlmExceptionFilter,
  LlmTelemetryAlerts,
  LlmTelemetryQueries,
  type Budget,
  type BudgetsResponse,
  type LlmTelemetryOptions,
} from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import request from 'supertest';
import { chat, message } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { PLATFORMS, startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** USD per million tokens, from the providers' price lists. */
const PRICES: Record<string, { input: number; output: number }> = {
  'gpt-4o-mini-2024-07-18': { input: 0.15, output: 0.6 },
  'claude-haiku-4-5-20251001': { input: 1, output: 5 },
};
/** Less than the cost of any call, so the first call uses up the budget. */
const TINY = 1e-9;
const CANARY = 'canary-prompt-5b1e';

@Injectable()
class Assistant {
  constructor(
    readonly openai: OpenAI,
    readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'orders', operation: 'summarize', retry: 2 })
  async summarize(model = 'gpt-4o-mini'): Promise<string> {
    await this.openai.chat.completions.create({ ...chat(CANARY), model });
    return 'done';
  }

  @LlmCall({ feature: 'support', operation: 'classify' })
  async classify(): Promise<void> {
    await this.anthropic.messages.create(message(CANARY));
  }

  /** Contains a call of another feature. */
  @LlmCall({ feature: 'orders', operation: 'answer' })
  async answer(): Promise<void> {
    await this.openai.chat.completions.create(chat(CANARY));
    await this.classify();
  }

  @LlmCall({ feature: 'orders', operation: 'lines' })
  async *lines(): AsyncGenerator<string> {
    for await (const chunk of await this.openai.chat.completions.create({ ...chat(CANARY), stream: true }))
      yield chunk.choices[0]?.delta.content ?? '';
  }

  @LlmCall({ feature: 'orders', operation: 'request' })
  request(): PromiseLike<unknown> {
    return this.openai.chat.completions.create(chat(CANARY));
  }
}

@Controller()
@UseFilters(new LlmExceptionFilter({ message: 'Summary service unavailable' }))
class OrdersController {
  constructor(private readonly assistant: Assistant) {}

  @Post('orders/summarize')
  async summarize(): Promise<object> {
    return { summary: await this.assistant.summarize() };
  }

  @Post('orders/answer')
  async answer(): Promise<object> {
    await this.assistant.answer();
    return {};
  }
}

const spans = new CollectedSpans();
let telemetry: TelemetryApp;
afterEach(() => telemetry.stop());

async function start(
  budgets: readonly Budget[],
  options: LlmTelemetryOptions = {},
  platform: keyof typeof PLATFORMS = 'fastify',
): Promise<Assistant> {
  spans.clear();
  telemetry = await startTelemetryApp({
    platform,
    providers: [Assistant],
    controllers: [OrdersController],
    options: { ...options, budgets },
  });
  return telemetry.get(Assistant);
}

/** Returns the cost of the ledger entries by the price list. */
function bill(provider?: string): number {
  return telemetry.emulator.ledger
    .entries()
    .filter((entry) => entry.billed && (provider === undefined || entry.provider === provider))
    .reduce((sum, { model, inputTokens, outputTokens }) => {
      const { input, output } = PRICES[model]!;
      return sum + (inputTokens * input + outputTokens * output) / 1e6;
    }, 0);
}

const sent = (): number => telemetry.emulator.ledger.entries().length;
const server = (): Parameters<typeof request>[0] => telemetry.app.getHttpServer() as never;
const warnings = (): string[] =>
  telemetry.logger
    .of('LlmTelemetry')
    .filter(({ level, text }) => level === 'warn' && text.startsWith('The budget of'))
    .map(({ text }) => text);

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)('budgets on %s', (platform) => {
  it('respond with 429 without sending a request when used up, and log it, mark the span and fire an alert', async () => {
    await start([{ feature: 'orders', usd: TINY, per: 'day', onExceed: 'block' }], {}, platform);
    await request(server()).post('/orders/summarize').expect(201, { summary: 'done' });
    await telemetry.flush();
    expect(sent()).toBe(1);

    const refused = await request(server()).post('/orders/summarize').expect(429);
    expect(refused.body).toEqual({
      statusCode: 429,
      message: 'Summary service unavailable',
      errorType: 'budget_exceeded',
    });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(86_400);
    await telemetry.flush();
    expect(sent()).toBe(1);

    const [, span, ...others] = await spans.calls();
    expect(others).toEqual([]);
    expect(span!.attributes).toMatchObject({
      'llm.error_type': 'budget_exceeded',
      'llm.budget_exceeded': true,
      'llm.attempts': 0,
    });
    expect(warnings()).toHaveLength(1);
    expect(telemetry.records[1]).toMatchObject({
      budgetExceeded: true,
      failure: { type: 'budget_exceeded', errorClass: 'LlmBudgetExceededError' },
      cost: { source: null, costUsd: 0 },
    });

    await telemetry.get(LlmTelemetryAlerts).evaluate();
    const { alerts } = telemetry.get(LlmTelemetryAlerts).list();
    const burn = alerts.find(({ name }) => name === 'budget_burn')!;
    expect(burn).toMatchObject({
      state: 'firing',
      instances: [{ names: { budget: '$0.000000001 a day for orders' } }],
    });

    const exported = (await spans.all()).map(({ attributes, events }) => ({ attributes, events }));
    const texts = JSON.stringify([exported, refused.text, telemetry.logger.entries.map(({ text }) => text)]);
    expect(texts).not.toContain(CANARY);
  });

  it('report the billed spend in the API', async () => {
    const assistant = await start(
      [
        { usd: 10, per: 'month', onExceed: 'warn' },
        { feature: 'support', usd: 5, per: 'day', onExceed: 'block' },
      ],
      {},
      platform,
    );
    await assistant.answer();
    await assistant.openai.chat.completions.create(chat('outside of any call'));
    await telemetry.flush();
    const { body } = await request(server()).get('/llm/api/budgets').expect(200);
    const { budgets, asOf } = body as BudgetsResponse;
    expect(budgets).toMatchObject([
      {
        name: '$10 a month for all calls',
        feature: null,
        per: 'month',
        limitUsd: 10,
        spentUsd: expect.closeTo(bill(), 12) as number,
        lowerBound: false,
        exceeded: false,
        usedUpAt: null,
      },
      {
        name: '$5 a day for support',
        feature: 'support',
        onExceed: 'block',
        spentUsd: expect.closeTo(bill('anthropic'), 12) as number,
      },
    ]);
    for (const { period } of budgets) {
      expect(period.from).toBeLessThanOrEqual(asOf);
      expect(period.to).toBeGreaterThan(asOf);
    }
    const again = (await telemetry.get(LlmTelemetryQueries).budgets()).budgets;
    expect(again.map(({ spentUsd }) => spentUsd)).toEqual(budgets.map(({ spentUsd }) => spentUsd));
    const { body: ofOrders } = await request(server()).get('/llm/api/budgets?feature=orders').expect(200);
    expect((ofOrders as BudgetsResponse).budgets.map(({ name }) => name)).toEqual([
      '$10 a month for all calls',
    ]);
    await request(server()).get('/llm/api/budgets?unknown=orders').expect(400);
  });
});

describe('a budget that only warns', () => {
  it('marks calls over budget, logs one warning, and refuses no call', async () => {
    const assistant = await start([{ usd: TINY, per: 'hour', onExceed: 'warn' }]);
    for (let index = 0; index < 3; index++) await assistant.summarize();
    await telemetry.flush();
    expect(sent()).toBe(3);
    const marks = (await spans.calls()).map(({ attributes }) => attributes['llm.budget_exceeded']);
    expect(marks).toEqual([undefined, true, true]);
    expect(telemetry.records.map(({ budgetExceeded }) => budgetExceeded)).toEqual([undefined, true, true]);
    expect(warnings()).toEqual([
      expect.stringMatching(
        /^The budget of \$0\.000000001 an hour for all calls is used up: \$0\.\d+ spent\. Calls continue and are marked as over budget until the next period starts at \S+\.$/,
      ),
    ]);
  });
});

describe('a budget that blocks', () => {
  const BLOCK: Budget = { feature: 'orders', usd: TINY, per: 'day', onExceed: 'block' };

  it('rejects or throws, depending on the result type of the method', async () => {
    const assistant = await start([BLOCK]);
    await assistant.summarize();
    await telemetry.flush();
    const promise = assistant.summarize();
    await expect(promise).rejects.toThrow(LlmBudgetExceededError);
    const lines = assistant.lines();
    await expect(lines.next()).rejects.toThrow(LlmBudgetExceededError);
    expect(() => assistant.request()).toThrow(LlmBudgetExceededError);
    expect(sent()).toBe(1);
  });

  it('does not affect other features and requests outside of calls', async () => {
    const assistant = await start([BLOCK, { usd: TINY, per: 'day', onExceed: 'warn' }]);
    await assistant.summarize();
    await telemetry.flush();
    await assistant.classify();
    await assistant.openai.chat.completions.create(chat('outside of any call'));
    expect(sent()).toBe(3);
  });

  it('of a feature fails a call of another feature that contains a refused call, and counts only its own spend', async () => {
    const assistant = await start([{ ...BLOCK, feature: 'support' }]);
    await assistant.classify();
    await telemetry.flush();
    await request(server()).post('/orders/answer').expect(429);
    await telemetry.flush();
    expect(telemetry.emulator.ledger.entries().map(({ provider }) => provider)).toEqual([
      'anthropic',
      'openai',
    ]);
    const [support] = (await telemetry.get(LlmTelemetryQueries).budgets()).budgets;
    expect(support!.spentUsd).toBeCloseTo(bill('anthropic'), 12);
  });

  it('of a tenant refuses calls of that tenant only', async () => {
    const requestContext: LlmTelemetryOptions['requestContext'] = (context) => ({
      tenantId: context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-tenant'],
    });
    await start([{ tenant: 'acme', usd: TINY, per: 'day', onExceed: 'block' }], { requestContext });
    const ask = (tenant: string) => request(server()).post('/orders/summarize').set('x-tenant', tenant);
    await ask('acme').expect(201);
    await telemetry.flush();
    await ask('acme').expect(429);
    await ask('initech').expect(201);
    expect(sent()).toBe(2);
  });

  it('counts calls without a price as unknown, and flags its spend as a lower bound', async () => {
    const assistant = await start([BLOCK]);
    await assistant.summarize('my-model');
    await telemetry.flush();
    await assistant.summarize('my-model');
    await telemetry.flush();
    const [orders] = (await telemetry.get(LlmTelemetryQueries).budgets()).budgets;
    expect(orders).toMatchObject({ spentUsd: 0, lowerBound: true, unknownCalls: 2, exceeded: false });
  });
});

describe('a faulty ledger', () => {
  it.each<[string, LlmTelemetryOptions['budgetLedger']]>([
    ['that throws', { spent: () => { throw new Error(CANARY); } }], // prettier-ignore
    ['that rejects', { spent: () => Promise.reject(new Error(CANARY)) }],
    [
      'that responds with invalid numbers',
      { spent: () => Promise.resolve({ usd: Number.NaN, unknownCalls: 0 }) },
    ],
    ['that responds with nothing', { spent: () => Promise.resolve(undefined as never) }],
  ])('%s admits calls and is reported once', async (_, budgetLedger) => {
    const assistant = await start([{ usd: 1, per: 'day', onExceed: 'block' }], { budgetLedger });
    await assistant.summarize();
    await telemetry.flush();
    expect(sent()).toBe(1);
    const [all] = (await telemetry.get(LlmTelemetryQueries).budgets()).budgets;
    expect(all!.spentUsd).toBeCloseTo(bill(), 12);
    const faults = telemetry.logger.entries.filter(({ text }) => text.includes('the budget ledger'));
    expect(faults).toHaveLength(1);
    expect(faults[0]!.text).not.toContain(CANARY);
  });
});

describe('a store in a file', () => {
  const folder = temporaryFolder();

  it.each<[string, Budget, Record<string, string>]>([
    ['all calls', { usd: TINY, per: 'month', onExceed: 'block' }, {}],
    ['a feature', { feature: 'orders', usd: TINY, per: 'day', onExceed: 'block' }, {}],
    ['a tenant', { tenant: 'acme', usd: TINY, per: 'day', onExceed: 'block' }, { 'x-tenant': 'acme' }],
  ])('keeps the spend of %s after a restart', async (_, budget, headers) => {
    const options: LlmTelemetryOptions = {
      store: { path: folder.file('calls.db') },
      requestContext: (context) => ({
        tenantId: context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers[
          'x-tenant'
        ],
      }),
    };
    await start([budget], options);
    await request(server()).post('/orders/summarize').set(headers).expect(201);
    await telemetry.flush();
    const spent = bill();
    await telemetry.stop();

    await start([budget], options);
    await request(server()).post('/orders/summarize').set(headers).expect(429);
    expect(sent()).toBe(0);
    const [status] = (await telemetry.get(LlmTelemetryQueries).budgets()).budgets;
    expect(status!.spentUsd).toBeCloseTo(spent, 12);
  });
});

it('a budget of $0 fails the start of the application', async () => {
  telemetry = await startTelemetryApp();
  await expect(
    startTelemetryApp({ options: { budgets: [{ usd: 0, per: 'day', onExceed: 'warn' }] } }),
  ).rejects.toThrow('LlmTelemetryModule: budgets[0].usd must be a positive number, received 0.');
});
