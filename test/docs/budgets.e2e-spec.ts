import { AsyncResource } from 'node:async_hooks';
import {
  LlmBudgetExceededError,
  LlmTelemetryAlerts,
  LlmTelemetryQueries,
  type Budget,
  type BudgetsResponse,
  type LlmTelemetryOptions,
} from 'nestjs-llm-telemetry';
import request from 'supertest';
import { Budgets } from '../../src/llm-telemetry/budgets/budgets.js';
import { chat } from '../support/prompts.js';
import type { TelemetryApp } from '../support/telemetry-app.js';
import {
  Assistant,
  BLOCK,
  make,
  sent,
  server,
  spans,
  start,
  statuses,
  TINY,
  warnings,
} from './support/budgeted-orders.js';

/** Verifies the claims of docs/budgets.md, in the order of the page. */

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

  it('have periods of an hour, a day or a month in UTC', () => {
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

  it('with block log once and fire budget_burn', async () => {
    const app = await start([BLOCK]);
    await make(app, (assistant) => assistant.summarize());
    await make(app, (assistant) => assistant.summarize().catch(() => {}));
    expect(warnings(app, 'The budget of')).toHaveLength(1);
    const alerts = app.get(LlmTelemetryAlerts);
    await alerts.evaluate();
    expect(alerts.list().alerts.find(({ name }) => name === 'budget_burn')!.state).toBe('firing');
  });

  it('with block fail annotated calls before a request is sent, through the result type of the method', async () => {
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

  it('count a blocked call as failed and without cost', async () => {
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

describe('counted spend', () => {
  it('includes running calls, which are not interrupted and exceed the budget at most by their estimation errors', async () => {
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

  it('counts a nested call toward its own feature, and never counts costs twice', async () => {
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

describe('concurrent calls', () => {
  /** Limit with room for one call without a history. */
  const ONE: Budget = { ...BLOCK, usd: 0.001 };
  /** Runs `work` while a call is in flight. */
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

  it('fail with the reason "reserved" and a Retry-After of one second if other calls reserve the rest', async () => {
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
