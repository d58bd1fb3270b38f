import { AsyncResource } from 'node:async_hooks';
import { Controller, Injectable, Post, UseFilters } from '@nestjs/common';
import Anthropic from '@anthropic-ai/sdk';
import {
  currentLlmCall,
  LlmBudgetExceededError,
  LlmCall,
  LlmExceptionFilter,
  LlmTelemetryAlerts,
  LlmTelemetryQueries,
  type Budget,
  type BudgetLedger,
  type BudgetsResponse,
  type BudgetStatus,
  type LlmTelemetryOptions,
  type Usage,
  type WhatIf,
} from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import request from 'supertest';
import { Budgets, CALL_BUDGETS } from '../../src/llm-telemetry/budgets/budgets.js';
import { readBilledCalls } from '../../src/llm-telemetry/analytics/what-if/read-calls.js';
import { callRecord } from '../support/call-record.js';
import { MemoryStore } from '../support/memory-store.js';
import { chat, message } from '../support/prompts.js';
import { CollectedSpans } from '../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** The statements of docs/budgets.md, in the order of the page. */

// Proven elsewhere:
// "The code block compiles and runs."                          → test/docs/code-and-links.e2e-spec.ts
// "The page shows the spend and its projection."               → test/dashboard (browser tests)
// "Spend adds up exactly, and a ledger cannot lower it."       → src/llm-telemetry/budgets/budgets.spec.ts
// "The ledger is asked every second; it is away after a minute" → src/llm-telemetry/budgets/budgets.spec.ts
// "The current period is the one that the system clock says."  → src/llm-telemetry/budgets/budgets-properties.spec.ts
// "Calls at the same time exceed a budget by no more than …"   → src/llm-telemetry/budgets/budgets-properties.spec.ts
// "The estimate of a call is …", "a call that never ends"      → src/llm-telemetry/budgets/reservations.spec.ts
// "The cost of its first request …"                            → src/llm-telemetry/pricing/pricer-estimate.spec.ts
// "The request is not sent", nested, retried and failed calls  → test/budgets/budget-reservations.e2e-spec.ts
// "Names are compared as stores keep them", a locked file      → test/budgets/budget-ledger.e2e-spec.ts

const { jest } = import.meta;

@Injectable()
class Assistant {
  constructor(
    readonly openai: OpenAI,
    private readonly anthropic: Anthropic,
  ) {}

  @LlmCall({ feature: 'orders', operation: 'summarize' })
  async summarize(model = 'gpt-4o-mini'): Promise<void> {
    await this.openai.chat.completions.create({ ...chat(), model });
  }

  @LlmCall({ feature: 'orders', operation: 'lines' })
  async *lines(): AsyncGenerator<string> {
    yield (await this.openai.chat.completions.create(chat())).id;
  }

  @LlmCall({ feature: 'orders', operation: 'request' })
  request(): PromiseLike<unknown> {
    return this.openai.chat.completions.create(chat());
  }

  @LlmCall({ feature: 'support', operation: 'classify' })
  async classify(): Promise<void> {
    await this.anthropic.messages.create(message());
  }

  @LlmCall({ feature: 'orders', operation: 'nested' })
  async nested(): Promise<void> {
    await this.openai.chat.completions.create(chat());
    await this.classify();
  }

  /** Reserves about $0.0006 while `work` runs. */
  @LlmCall({ feature: 'orders', operation: 'hold' })
  async hold(work: () => Promise<void>): Promise<void> {
    await this.openai.chat.completions.create(chat());
    await work();
  }

  @LlmCall({ feature: 'orders', operation: 'events' })
  events(): ReturnType<OpenAI['chat']['completions']['stream']> {
    return this.openai.chat.completions.stream({ ...chat(), stream: true });
  }

  @LlmCall({ feature: 'orders', operation: 'by_hand' })
  byHand(usage: Partial<Usage> | undefined, model = 'gpt-4o-mini'): void {
    currentLlmCall()!.recordResponse({ provider: 'openai', model, usage });
  }
}

@Controller()
@UseFilters(new LlmExceptionFilter({ message: 'Order service unavailable' }))
class OrdersController {
  constructor(private readonly assistant: Assistant) {}

  @Post('orders')
  async orders(): Promise<void> {
    await this.assistant.summarize();
  }
}

/** Less than any call costs: the first call exceeds it. */
const TINY = 1e-9;
const BLOCK: Budget = { feature: 'orders', usd: TINY, per: 'day', onExceed: 'block' };

const spans = new CollectedSpans();
const running: TelemetryApp[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.stop();
  spans.clear();
});

async function start(budgets: readonly Budget[], options: LlmTelemetryOptions = {}): Promise<TelemetryApp> {
  const app = await startTelemetryApp({
    providers: [Assistant],
    controllers: [OrdersController],
    options: { ...options, budgets },
  });
  running.push(app);
  return app;
}

async function stop(app: TelemetryApp): Promise<void> {
  running.splice(running.indexOf(app), 1);
  await app.stop();
}

/** Makes calls and waits until they are counted. */
async function make(app: TelemetryApp, calls: (assistant: Assistant) => unknown): Promise<void> {
  await calls(app.get(Assistant));
  await app.flush();
}

const statuses = async (app: TelemetryApp): Promise<readonly BudgetStatus[]> =>
  (await app.get(LlmTelemetryQueries).budgets()).budgets;
const sent = (app: TelemetryApp): number => app.emulator.ledger.entries().length;
const warnings = (app: TelemetryApp, start: string): string[] =>
  app.logger.entries
    .filter(({ level, text }) => level === 'warn' && text.startsWith(start))
    .map(({ text }) => text);
const server = (app: TelemetryApp): never => app.app.getHttpServer() as never;

describe('budgets', () => {
  it('cover the calls of one feature, of one tenant or all calls', async () => {
    const requestContext: LlmTelemetryOptions['requestContext'] = () => ({ tenantId: 'acme' });
    const scope = { usd: 1, per: 'hour', onExceed: 'warn' } as const;
    const app = await start([scope, { ...scope, feature: 'orders' }, { ...scope, tenant: 'acme' }], {
      requestContext,
    });
    await make(app, (assistant) => assistant.summarize());
    await make(app, (assistant) => assistant.classify());
    await request(server(app)).post('/orders').expect(201);
    await app.flush();
    const [order, support, ofTenant] = app.records.map(({ cost }) => cost.costUsd!);
    const spent = (await statuses(app)).map(({ spentUsd }) => spentUsd);
    expect(spent).toEqual([
      expect.closeTo(order! + support! + ofTenant!, 12),
      expect.closeTo(order! + ofTenant!, 12),
      expect.closeTo(ofTenant!, 12),
    ]);
  });

  it('have periods of hours, days and months in UTC', () => {
    const now = Date.parse('2026-11-24T12:34:56Z');
    const periods = (['hour', 'day', 'month'] as const).map(
      (per) => ({ usd: 1, per, onExceed: 'warn' }) as const,
    );
    const listed = new Budgets(periods, null, () => now).list();
    expect(listed.map(({ period }) => new Date(period.from).toISOString())).toEqual([
      '2026-11-24T12:00:00.000Z',
      '2026-11-24T00:00:00.000Z',
      '2026-11-01T00:00:00.000Z',
    ]);
    expect(new Date(listed[2]!.period.to).toISOString()).toBe('2026-12-01T00:00:00.000Z');
  });

  it('with warn log once per period, mark later calls and fire budget_burn', async () => {
    const app = await start([{ usd: TINY, per: 'day', onExceed: 'warn' }]);
    for (let call = 0; call < 3; call++) await make(app, (assistant) => assistant.summarize());
    expect(warnings(app, 'The budget of')).toHaveLength(1);
    const marks = (await spans.calls()).map(({ attributes }) => attributes['llm.budget_exceeded']);
    expect(marks).toEqual([undefined, true, true]);
    const alerts = app.get(LlmTelemetryAlerts);
    await alerts.evaluate();
    expect(alerts.list().alerts.find(({ name }) => name === 'budget_burn')!.state).toBe('firing');
  });

  it('with block also log once and fire budget_burn', async () => {
    const app = await start([BLOCK]);
    await make(app, (assistant) => assistant.summarize());
    await make(app, (assistant) => assistant.summarize().catch(() => {}));
    expect(warnings(app, 'The budget of')).toHaveLength(1);
    const alerts = app.get(LlmTelemetryAlerts);
    await alerts.evaluate();
    expect(alerts.list().alerts.find(({ name }) => name === 'budget_burn')!.state).toBe('firing');
  });

  it('with block fail annotated calls before a request is sent, in the way of the method', async () => {
    const app = await start([BLOCK]);
    await make(app, (assistant) => assistant.summarize());
    const assistant = app.get(Assistant);
    await expect(assistant.summarize()).rejects.toThrow(LlmBudgetExceededError);
    const lines = assistant.lines();
    await expect(lines.next()).rejects.toThrow(LlmBudgetExceededError);
    expect(() => assistant.request()).toThrow(LlmBudgetExceededError);
    expect(sent(app)).toBe(1);
  });

  it('respond through LlmExceptionFilter with 429 and the seconds until the next period', async () => {
    const app = await start([BLOCK]);
    await make(app, (assistant) => assistant.summarize());
    const midnight = new Date().setUTCHours(24, 0, 0, 0);
    const secondsLeft = (): number => (midnight - Date.now()) / 1000;
    const before = secondsLeft();
    const response = await request(server(app)).post('/orders').expect(429);
    const seconds = Number(response.headers['retry-after']);
    expect(seconds).toBeLessThanOrEqual(Math.ceil(before));
    expect(seconds).toBeGreaterThanOrEqual(Math.floor(secondsLeft()));
  });

  it('count a blocked call as failed, and it costs nothing', async () => {
    const app = await start([BLOCK]);
    await make(app, (assistant) => assistant.summarize());
    await make(app, (assistant) => assistant.summarize().catch(() => {}));
    expect(app.records[1]).toMatchObject({
      failure: { type: 'budget_exceeded' },
      cost: { source: null, costUsd: 0 },
    });
    const range = { from: Date.now() - 60_000, to: Date.now() + 60_000 };
    const summary = await app.get(LlmTelemetryQueries).summary({ range });
    expect(summary).toMatchObject({ calls: 2, failed: 1, costUsd: app.records[0]!.cost.costUsd });
  });
});

describe('what is counted', () => {
  it('includes running calls, which are not interrupted and can exceed the budget by the error of their estimates', async () => {
    const app = await start([BLOCK]);
    await make(app, (assistant) => Promise.allSettled([assistant.summarize(), assistant.summarize()]));
    expect(sent(app)).toBe(1);
    const [orders] = await statuses(app);
    expect(orders!.spentUsd).toBeGreaterThan(orders!.limitUsd);
  });

  it('includes requests outside annotated calls, which are never blocked', async () => {
    const app = await start([{ usd: TINY, per: 'day', onExceed: 'block' }]);
    for (let call = 0; call < 2; call++)
      await make(app, (assistant) => assistant.openai.chat.completions.create(chat()));
    expect(sent(app)).toBe(2);
    const [all] = await statuses(app);
    expect(all!.spentUsd).toBeCloseTo(app.records[0]!.cost.costUsd! + app.records[1]!.cost.costUsd!, 12);
  });

  it('counts a nested call toward its own feature, and costs never twice', async () => {
    const scope = { usd: 1, per: 'day', onExceed: 'warn' } as const;
    const app = await start([scope, { ...scope, feature: 'orders' }, { ...scope, feature: 'support' }]);
    await make(app, (assistant) => assistant.nested());
    const [all, orders, support] = (await statuses(app)).map(({ spentUsd }) => spentUsd);
    const own = new Map(app.records.map((record) => [record.feature, record.cost.costUsd!]));
    expect(orders).toBeCloseTo(own.get('orders')!, 12);
    expect(support).toBeCloseTo(own.get('support')!, 12);
    expect(all).toBeCloseTo(orders! + support!, 12);
  });

  it.each<[string, (assistant: Assistant) => void]>([
    ['price', (assistant) => assistant.byHand({ inputTokens: 10 }, 'my-model')],
    ['usage', (assistant) => assistant.byHand(undefined)],
  ])('reports the spend as a lower bound if a call has no known %s', async (_what, call) => {
    const app = await start([BLOCK]);
    await make(app, call);
    expect((await statuses(app))[0]).toMatchObject({ spentUsd: 0, lowerBound: true, unknownCalls: 1 });
  });
});

describe('calls at the same time', () => {
  /** Room for one call without a history. */
  const ONE: Budget = { ...BLOCK, usd: 0.001 };
  /** Runs `work` while a call is in flight, and outside of it. */
  const during = async (app: TelemetryApp, work: () => Promise<void>): Promise<void> => {
    const outside = AsyncResource.bind(work);
    await make(app, (assistant) => assistant.hold(outside));
  };

  it('are shown as reserved in queries and over HTTP', async () => {
    const app = await start([ONE]);
    await during(app, async () => {
      const [orders] = await statuses(app);
      expect(orders).toMatchObject({ spentUsd: 0, callsInFlight: 1 });
      expect(orders!.reservedUsd).toBeCloseTo(0.0006, 4);
      const { body } = await request(server(app)).get('/llm/api/budgets').expect(200);
      expect((body as BudgetsResponse).budgets[0]!.reservedUsd).toBe(orders!.reservedUsd);
    });
    expect((await statuses(app))[0]).toMatchObject({ reservedUsd: 0, callsInFlight: 0 });
  });

  it('have the reason "reserved" and one second in Retry-After if others hold what is left', async () => {
    const app = await start([ONE]);
    await during(app, async () => {
      const refused: unknown = await app
        .get(Assistant)
        .summarize()
        .catch((error: unknown) => error);
      expect(refused).toMatchObject({ name: 'LlmBudgetExceededError', budget: { reason: 'reserved' } });
      const response = await request(server(app)).post('/orders').expect(429);
      expect(response.headers['retry-after']).toBe('1');
    });
    expect(sent(app)).toBe(1);
  });

  it('fail with LlmBudgetExceededError in an event stream that the method has returned', async () => {
    const app = await start([ONE]);
    await during(app, async () => {
      const events = app.get(Assistant).events();
      await expect(events.finalChatCompletion()).rejects.toThrow(LlmBudgetExceededError);
    });
    expect(sent(app)).toBe(1);
  });
});

describe('where spend is kept', () => {
  const folder = temporaryFolder();

  it('reads spend from the store after a restart, and warns once more', async () => {
    const options = { store: { path: folder.file('calls.db') } };
    const first = await start([BLOCK], options);
    await make(first, (assistant) => assistant.summarize());
    const cost = first.records[0]!.cost.costUsd!;
    await stop(first);
    const second = await start([BLOCK], options);
    expect((await statuses(second))[0]!.spentUsd).toBeCloseTo(cost, 12);
    await expect(second.get(Assistant).summarize()).rejects.toThrow(LlmBudgetExceededError);
    expect(warnings(second, 'The budget of')).toHaveLength(1);
  });

  it.each(['memory', false] as const)(
    'resets spend on restart with store: %p, and logs a warning',
    async (store) => {
      const first = await start([BLOCK], { store });
      await make(first, (assistant) => assistant.summarize());
      expect(warnings(first, 'Budgets are not persisted')).toHaveLength(1);
      await stop(first);
      const second = await start([BLOCK], { store });
      await make(second, (assistant) => assistant.summarize());
      expect(sent(second)).toBe(1);
    },
  );

  it('shares budgets between processes that share the file of a store', async () => {
    const options = { store: { path: folder.file('calls.db') } };
    const [one, other] = [await start([BLOCK], options), await start([BLOCK], options)];
    await make(one, (assistant) => assistant.summarize());
    await other.app.get<Budgets>(CALL_BUDGETS, { strict: false }).sync();
    await expect(other.get(Assistant).summarize()).rejects.toThrow(LlmBudgetExceededError);
  });

  it('reads the spend of the others every 15 seconds, and never while a call begins', async () => {
    jest.useFakeTimers();
    try {
      const spent = jest.fn(async () => ({ usd: 2, unknownCalls: 0 }));
      const budgets = new Budgets([{ ...BLOCK, usd: 3 }], { spent });
      await budgets.onModuleInit();
      const asked = spent.mock.calls.length;
      expect(budgets.admit({ feature: 'orders', operation: 'summarize' }, {})).not.toBeInstanceOf(Error);
      expect(spent).toHaveBeenCalledTimes(asked);
      spent.mockResolvedValue({ usd: 4, unknownCalls: 0 });
      await jest.advanceTimersByTimeAsync(14_999);
      expect(spent).toHaveBeenCalledTimes(asked);
      await jest.advanceTimersByTimeAsync(1);
      expect(spent).toHaveBeenCalledTimes(asked + 1);
      expect(budgets.admit({ feature: 'orders', operation: 'summarize' }, {})).toBeInstanceOf(
        LlmBudgetExceededError,
      );
      await budgets.stop();
    } finally {
      jest.useRealTimers();
    }
  });

  it('passes add what this instance has spent since the last call, under a key that all instances share', async () => {
    const added: Array<[key: string, usd: number]> = [];
    const ledger: BudgetLedger = {
      spent: async () => ({ usd: 0, unknownCalls: 0 }),
      add: async ({ key }, { usd }) => void added.push([key, usd]),
    };
    const day = { ...BLOCK, usd: 1 };
    const instances = [new Budgets([day], ledger), new Budgets([day], ledger)];
    for (const usd of [0.25, 0.5])
      for (const budgets of instances) {
        budgets.record(spendOf(usd, Date.now()));
        await budgets.sync();
      }
    const key = `feature=orders/day/${new Date().toISOString().slice(0, 10)}T00:00:00.000Z`;
    expect(added).toEqual([
      [key, 0.25],
      [key, 0.25],
      [key, 0.5],
      [key, 0.5],
    ]);
  });

  it('admits calls by the spend that the process knows if the ledger fails', async () => {
    const app = await start([BLOCK], { budgetLedger: { spent: () => Promise.reject(new Error('away')) } });
    await make(app, (assistant) => assistant.summarize());
    await expect(app.get(Assistant).summarize()).rejects.toThrow(LlmBudgetExceededError);
    expect(sent(app)).toBe(1);
  });

  it.each([
    ['admit', 1],
    ['refuse', 0],
  ] as const)('with whenAway %p sends %p calls while an answer is partial', async (whenAway, calls) => {
    const budgetLedger: BudgetLedger = { spent: async () => ({ usd: 0, unknownCalls: 0, partial: true }) };
    const app = await start([{ ...BLOCK, whenAway }], { budgetLedger });
    expect((await statuses(app))[0]!.ledger).toBe('away');
    await make(app, (assistant) => assistant.summarize().catch(() => {}));
    expect(sent(app)).toBe(calls);
  });

  it('never lets a call wait for a ledger that does not respond', async () => {
    let answers = 0;
    const spent: BudgetLedger['spent'] = async () =>
      answers++ === 0 ? { usd: 0, unknownCalls: 0 } : new Promise(() => {});
    const app = await start([BLOCK], { budgetLedger: { spent } });
    void app.app.get<Budgets>(CALL_BUDGETS, { strict: false }).sync();
    await make(app, (assistant) => assistant.summarize());
    expect(sent(app)).toBe(1);
  });

  it('shows the spend and its linear projection in queries and over HTTP', async () => {
    const app = await start([{ usd: 10, per: 'month', onExceed: 'warn' }]);
    await make(app, (assistant) => assistant.summarize());
    const [month] = await statuses(app);
    expect(month!.spentUsd).toBe(app.records[0]!.cost.costUsd);
    const { body } = await request(server(app)).get('/llm/api/budgets').expect(200);
    expect((body as BudgetsResponse).budgets[0]!.spentUsd).toBe(month!.spentUsd);
  });

  it('projects linearly, and not in the first 5 % of a period', () => {
    let now = Date.parse('2026-11-24T12:00:00Z');
    const budgets = new Budgets([{ usd: 10, per: 'hour', onExceed: 'warn' }], null, () => now);
    budgets.record(spendOf(1, now));
    now += 2.9 * 60_000;
    expect(budgets.list()[0]!.projectedUsd).toBeNull();
    now = Date.parse('2026-11-24T12:15:00Z');
    expect(budgets.list()[0]!.projectedUsd).toBe(4);
  });
});

describe('what-if', () => {
  it('shows what recorded calls would have cost on another model, in queries and over HTTP', async () => {
    const app = await start([]);
    await make(app, (assistant) => assistant.summarize());
    await make(app, (assistant) => assistant.classify());
    const query = { feature: 'orders', model: 'gpt-4o' };
    const whatIf = await app.get(LlmTelemetryQueries).whatIf(query);
    const { inputTokens, outputTokens } = app.records[0]!.usage!;
    expect(whatIf).toMatchObject({
      repricedCalls: 1,
      wouldBeUsd: expect.closeTo((inputTokens * 2.5 + outputTokens * 10) / 1e6, 12) as number,
    });
    const { body } = await request(server(app)).get('/llm/api/what-if').query(query).expect(200);
    expect((body as WhatIf).wouldBeUsd).toBe(whatIf.wouldBeUsd);
  });

  it('prices each kind of token at the price of the other model', async () => {
    const app = await start([]);
    await make(app, (assistant) =>
      assistant.byHand({ inputTokens: 1_000_000, cachedInputTokens: 1_000_000 }),
    );
    const { wouldBeUsd } = await app.get(LlmTelemetryQueries).whatIf({ model: 'gpt-4o' });
    expect(wouldBeUsd).toBe(1.25);
  });

  it('uses the price on the day of the call', async () => {
    // The emulated call is of February 2026, when claude-sonnet-4-6 had a surcharge above 200,000 tokens.
    const store = new MemoryStore();
    const app = await start([], { store });
    const startedAt = Date.UTC(2026, 1, 20);
    await make(app, (assistant) => assistant.byHand({ inputTokens: 300_000 }));
    const [{ record }] = store.rows as [(typeof store.rows)[0]];
    store.rows.length = 0;
    for (const at of [startedAt, Date.UTC(2026, 10, 20)])
      store.record({
        ...record,
        startedAt: at,
        attempts: record.attempts.map((attempt) => ({ ...attempt, startedAt: at })),
      });
    const of = async (at: number): Promise<number> => {
      const query = { from: at - 60_000, to: at + 60_000, model: 'claude-sonnet-4-6' };
      return (await app.get(LlmTelemetryQueries).whatIf(query)).wouldBeUsd;
    };
    expect([await of(startedAt), await of(Date.UTC(2026, 10, 20))]).toEqual([1.8, 0.9]);
  });

  it('reads the latest 2,000 billed calls of the range', async () => {
    const store = new MemoryStore();
    for (let n = 0; n < 2001; n++) store.record(callRecord({ endedAt: n, startedAt: n, durationMs: 0 }));
    const read = await readBilledCalls(store, { from: 0, to: 10_000 }, {});
    expect(read).toHaveLength(2000);
    expect(Math.min(...read.map(({ startedAt }) => startedAt))).toBe(1);
  });

  it('compares sums of the same calls, and counts the others by reason', async () => {
    const app = await start([]);
    await make(app, (assistant) => {
      assistant.byHand({ inputTokens: 1_000_000 });
      assistant.byHand(undefined);
      assistant.byHand({ inputTokens: 10 }, 'my-model');
      assistant.byHand({ inputTokens: 10, outputTokens: 10 });
      assistant.byHand({ inputTokens: 10, serviceTier: 'priority' });
    });
    const whatIf = await app.get(LlmTelemetryQueries).whatIf({ model: 'text-embedding-3-small' });
    expect(whatIf).toMatchObject({ calls: 5, repricedCalls: 1, spentUsd: 0.15, wouldBeUsd: 0.02 });
    expect(whatIf.notRepriced.map(({ reason }) => reason).sort()).toEqual([
      'no output price for text-embedding-3-small',
      expect.stringContaining('priority'),
      'no usage',
      'unknown cost',
    ]);
  });

  it.each([
    ['high', 'the same model', 'gpt-4o-mini'],
    ['medium', 'another model of the same maker', 'gpt-4o'],
    ['low', 'a model of another maker', 'claude-haiku-4-5'],
  ])('has %s confidence if %s answered', async (confidence, _who, model) => {
    const app = await start([]);
    await make(app, (assistant) => assistant.summarize());
    expect(await app.get(LlmTelemetryQueries).whatIf({ model })).toMatchObject({ confidence });
  });
});

function spendOf(costUsd: number, endedAt: number): ReturnType<typeof callRecord> {
  const cost = {
    source: 'table',
    costUsd,
    lines: [],
    pricedAs: 'gpt-4o-mini',
    pricedFrom: 'a table',
  } as const;
  return callRecord({ endedAt, attempts: [{ cost: cost as never }] });
}
