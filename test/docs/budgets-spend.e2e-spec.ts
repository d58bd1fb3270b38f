import {
  LlmBudgetExceededError,
  LlmTelemetryQueries,
  type BudgetLedger,
  type BudgetsResponse,
  type WhatIf,
} from 'nestjs-llm-telemetry';
import request from 'supertest';
import { Budgets } from '../../src/llm-telemetry/budgets/budgets.js';
import { CALL_BUDGETS } from '../../src/llm-telemetry/budgets/call-budgets.token.js';
import { readBilledCalls } from '../../src/llm-telemetry/analytics/what-if.js';
import { callRecord } from '../support/call-record.js';
import { MemoryStore } from '../support/memory-store.js';
import type { TelemetryApp } from '../support/telemetry-app.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import {
  Assistant,
  BLOCK,
  make,
  running,
  sent,
  server,
  start,
  statuses,
  warnings,
} from './support/budgeted-orders.js';

/** Verifies the claims of docs/budgets.md on stored spend and the what-if comparison. */

// Tested elsewhere:
// "The code block compiles and runs."                          → test/docs/code-and-links.e2e-spec.ts
// "The page shows the spend and its projection."               → test/dashboard (browser tests)
// "Spend adds up exactly, and a ledger cannot lower it."       → src/llm-telemetry/budgets/budgets.spec.ts
// "A ledger is queried every second; unavailable after a minute" → src/llm-telemetry/budgets/budgets.spec.ts
// "The system clock determines the current period."             → src/llm-telemetry/budgets/budgets-properties.spec.ts
// "Concurrent calls exceed a budget by no more than …"          → src/llm-telemetry/budgets/budgets-properties.spec.ts
// "The estimate of a call is …", "a call that never ends"      → src/llm-telemetry/budgets/reservations.spec.ts
// "The cost of its first request …"                            → src/llm-telemetry/pricing/pricer-estimate.spec.ts
// "The request is not sent", nested, retried and failed calls  → test/budgets/budget-reservations.e2e-spec.ts
// "Names are compared as stores keep them", a locked file      → test/budgets/budget-ledger.e2e-spec.ts

const { jest } = import.meta;

async function stop(app: TelemetryApp): Promise<void> {
  running.splice(running.indexOf(app), 1);
  await app.stop();
}

describe('where spend is kept', () => {
  const folder = temporaryFolder();

  it('reads spend from the store after a restart, and logs one more warning', async () => {
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

  it('shares budgets between processes that share a store file', async () => {
    const options = { store: { path: folder.file('calls.db') } };
    const [one, other] = [await start([BLOCK], options), await start([BLOCK], options)];
    await make(one, (assistant) => assistant.summarize());
    await other.app.get<Budgets>(CALL_BUDGETS, { strict: false }).sync();
    await expect(other.get(Assistant).summarize()).rejects.toThrow(LlmBudgetExceededError);
  });

  it('reads the spend of other processes every 15 seconds, and never when a call begins', async () => {
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

  it('passes the spend of this instance since the last call to add, under a key that all instances share', async () => {
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

  it('admits calls by the spend known to the process if the ledger fails', async () => {
    const app = await start([BLOCK], { budgetLedger: { spent: () => Promise.reject(new Error('away')) } });
    await make(app, (assistant) => assistant.summarize());
    await expect(app.get(Assistant).summarize()).rejects.toThrow(LlmBudgetExceededError);
    expect(sent(app)).toBe(1);
  });

  it.each([
    ['admit', 1],
    ['refuse', 0],
  ] as const)('with whenAway %p sends %p calls while a response is partial', async (whenAway, calls) => {
    const budgetLedger: BudgetLedger = { spent: async () => ({ usd: 0, unknownCalls: 0, partial: true }) };
    const app = await start([{ ...BLOCK, whenAway }], { budgetLedger });
    expect((await statuses(app))[0]!.ledger).toBe('away');
    await make(app, (assistant) => assistant.summarize().catch(() => {}));
    expect(sent(app)).toBe(calls);
  });

  it('does not delay calls for a ledger that does not respond', async () => {
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

  it('projects linearly, but not in the first 5 % of a period', () => {
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
  it('shows the cost of recorded calls on another model, in queries and over HTTP', async () => {
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

  it('uses the price on the date of the call', async () => {
    // The emulated call is from February 2026, when claude-sonnet-4-6 had a surcharge above 200,000 tokens.
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

  it('compares sums of the same calls, and counts excluded calls by reason', async () => {
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
  ])('has %s confidence if %s responded', async (confidence, _who, model) => {
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
