import type { CallRecord, RequestIdentity } from '../calls/record.js';
import type { BudgetLedger, LedgerAccount, Spend } from './budget-ledger.js';
import { periodAt } from './period-spend.js';
import type { Budget } from './budget.options.js';
import { Budgets } from './budgets.js';
import { forecast } from './budget-status.js';
import { DAY } from '../units/time.js';

const { jest } = import.meta;
const NOW = Date.parse('2026-11-24T12:00:00Z');

/** Creates a call with a cost in USD; `null` for an unknown cost. */
function call(usd: number | null, differences: Partial<CallRecord> = {}): CallRecord {
  const cost = usd === null ? { source: 'unknown' } : { source: 'table', costUsd: usd };
  const attempts = [{ cost, usage: { source: 'provider' } }];
  return {
    feature: 'chat',
    operation: 'reply',
    startedAt: NOW - 10,
    durationMs: 10,
    identity: {},
    attempts,
    ...differences,
  } as unknown as CallRecord;
}

const CHAT = { feature: 'chat', operation: 'reply' };
const A_DAY: Budget = { feature: 'chat', usd: 1, per: 'day', onExceed: 'block' };

/** Returns whether a call is admitted. The call ends immediately. */
function admits(budgets: Budgets, identity: RequestIdentity = {}): boolean {
  const verdict = budgets.admit(CHAT, identity);
  if (verdict instanceof Error) return false;
  if (typeof verdict === 'object') verdict.release();
  return true;
}

/** Ledger that several instances share. */
class SharedLedger implements BudgetLedger {
  readonly totals = new Map<string, Spend>();
  broken = false;

  async spent({ key }: LedgerAccount): Promise<Spend> {
    if (this.broken) throw new Error('away');
    return this.totals.get(key) ?? { usd: 0, unknownCalls: 0 };
  }

  async add({ key }: LedgerAccount, spend: Spend): Promise<void> {
    if (this.broken) throw new Error('away');
    const { usd, unknownCalls } = this.totals.get(key) ?? { usd: 0, unknownCalls: 0 };
    this.totals.set(key, { usd: usd + spend.usd, unknownCalls: unknownCalls + spend.unknownCalls });
  }
}

describe('a budget period', () => {
  it.each([
    ['hour', '2026-11-24T12:00:00Z', '2026-11-24T13:00:00Z'],
    ['day', '2026-11-24T00:00:00Z', '2026-11-25T00:00:00Z'],
    ['month', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
  ] as const)('is a whole UTC %s', (per, from, to) => {
    expect(periodAt(per, Date.parse('2026-11-24T12:34:56Z'))).toEqual({
      from: Date.parse(from),
      to: Date.parse(to),
    });
  });

  it('can be the last month of a year, or a month with a leap day', () => {
    const length = (at: string): number => {
      const { from, to } = periodAt('month', Date.parse(at));
      return (to - from) / DAY;
    };
    expect([length('2026-12-31T23:59:59.999Z'), length('2028-02-29T00:00:00Z')]).toEqual([31, 29]);
  });
});

describe('a budget forecast', () => {
  const november = periodAt('month', NOW);

  it('projects spend linearly and returns the time when the budget is used up', () => {
    const after20Days = november.from + 20 * DAY;
    expect(forecast(2000, 4500, november, after20Days)).toEqual({ projectedUsd: 3000, usedUpAt: null });
    expect(forecast(2000, 2500, november, after20Days)).toEqual({
      projectedUsd: 3000,
      usedUpAt: november.from + 25 * DAY,
    });
  });

  it('is null at the beginning of a period', () => {
    expect(forecast(2000, 4500, november, november.from + DAY)).toEqual({
      projectedUsd: null,
      usedUpAt: null,
    });
  });
});

describe('budgets', () => {
  let now = NOW;
  beforeEach(() => {
    now = NOW;
  });
  const budgetsOf = (budgets: readonly Budget[], ledger: BudgetLedger | null = null): Budgets =>
    new Budgets(budgets, ledger, () => now);

  it('admit calls until the limit is reached, and again in the next period', () => {
    const budgets = budgetsOf([A_DAY]);
    budgets.record(call(0.99));
    expect(admits(budgets)).toBe(true);
    budgets.record(call(0.01));
    expect(budgets.admit(CHAT, {})).toMatchObject({
      name: 'LlmBudgetExceededError',
      code: 'LLM_TELEMETRY_BUDGET_EXCEEDED',
      message: 'Call refused: the budget "$1 a day for chat" is used up until 2026-11-25T00:00:00.000Z.',
      budget: { limitUsd: 1, spentUsd: 1, until: Date.parse('2026-11-25T00:00:00Z') },
      retryAfterMs: DAY / 2,
    });
    now += DAY / 2;
    expect(admits(budgets)).toBe(true);
    expect(budgets.list()[0]).toMatchObject({ spentUsd: 0, exceeded: false });
  });

  it('add costs exactly', () => {
    const budgets = budgetsOf([A_DAY]);
    for (let index = 0; index < 9; index++) budgets.record(call(0.1));
    expect(budgets.list()[0]!.spentUsd).toBe(0.9);
  });

  it('count only calls of their feature or tenant', () => {
    const scopes = [{}, { feature: 'chat' }, { tenant: 'acme' }];
    const budgets = budgetsOf(scopes.map((scope) => ({ ...scope, usd: 1, per: 'hour', onExceed: 'warn' })));
    budgets.record(call(0.5));
    budgets.record(call(0.25, { feature: 'search', identity: { tenantId: 'acme' } }));
    budgets.record(call(0.125, { feature: 'unattributed' }));
    expect(budgets.list().map(({ spentUsd }) => spentUsd)).toEqual([0.875, 0.5, 0.25]);
  });

  it('refuse only calls of their feature or tenant', () => {
    const budgets = budgetsOf([{ tenant: 'acme', usd: 1, per: 'day', onExceed: 'block' }]);
    budgets.record(call(2, { identity: { tenantId: 'acme' } }));
    expect(budgets.admit(CHAT, { tenantId: 'acme' })).toBeInstanceOf(Error);
    expect(admits(budgets, { tenantId: 'initech' })).toBe(true);
    expect(admits(budgets)).toBe(true);
  });

  it('report a lower bound if a cost is unknown', () => {
    const budgets = budgetsOf([A_DAY]);
    budgets.record(call(null));
    budgets.record(call(0.2));
    expect(budgets.list()[0]).toMatchObject({ spentUsd: 0.2, lowerBound: true, unknownCalls: 1 });
  });

  it('count a call in the current period regardless of its timestamps', () => {
    for (const startedAt of [NOW - 365 * DAY, NOW - DAY, NOW + DAY, NOW + 365 * DAY]) {
      const budgets = budgetsOf([A_DAY]);
      budgets.record(call(0.5, { startedAt }));
      expect(budgets.list()[0]!.spentUsd).toBe(0.5);
    }
  });

  it.each([-365 * DAY, -DAY, DAY, 365 * DAY])(
    'block again after a clock error of %d ms is corrected',
    (error) => {
      const budgets = budgetsOf([A_DAY]);
      budgets.record(call(0.5));
      now += error;
      expect(admits(budgets)).toBe(true);
      budgets.record(call(0.75, { startedAt: now }));
      now -= error;
      expect(budgets.list()[0]!.spentUsd).toBe(0.5);
      budgets.record(call(0.5));
      expect(admits(budgets)).toBe(false);
    },
  );

  it('add local spend to the spend from the ledger', async () => {
    let respond: (spend: Spend) => void = () => undefined;
    const budgets = budgetsOf([A_DAY], { spent: () => new Promise((resolve) => (respond = resolve)) });
    budgets.record(call(0.1));
    const synced = budgets.sync();
    budgets.record(call(0.2));
    respond({ usd: 0.7, unknownCalls: 0 });
    await synced;
    expect(budgets.list()[0]!.spentUsd).toBe(0.9);
  });

  it('never report less spend if a ledger loses data', async () => {
    const budgets = budgetsOf([A_DAY], { spent: async () => ({ usd: 0, unknownCalls: 0 }) });
    budgets.record(call(2));
    await budgets.sync();
    expect(budgets.admit(CHAT, {})).toBeInstanceOf(Error);
  });

  it('of two instances share spend without counting costs twice', async () => {
    const ledger = new SharedLedger();
    const [one, other] = [budgetsOf([A_DAY], ledger), budgetsOf([A_DAY], ledger)];
    one.record(call(0.5));
    other.record(call(0.25));
    for (const budgets of [one, other, one, other]) await budgets.sync();
    for (const budgets of [one, other]) expect(budgets.list()[0]!.spentUsd).toBe(0.75);
    expect([...ledger.totals]).toEqual([
      ['feature=chat/day/2026-11-24T00:00:00.000Z', { usd: 0.75, unknownCalls: 0 }],
    ]);
  });

  it('with the same scope and different limits count a call once', async () => {
    const ledger = new SharedLedger();
    const budgets = budgetsOf([{ ...A_DAY, usd: 0.5, onExceed: 'warn' }, A_DAY], ledger);
    for (const usd of [0.25, 0.125]) {
      budgets.record(call(usd));
      await budgets.sync();
    }
    await budgets.sync();
    expect([...ledger.totals.values()]).toEqual([{ usd: 0.375, unknownCalls: 0 }]);
    expect(budgets.list().map(({ spentUsd }) => spentUsd)).toEqual([0.375, 0.375]);
  });

  it('use local spend while a ledger is unavailable, and send it afterwards', async () => {
    const ledger = new SharedLedger();
    const budgets = budgetsOf([A_DAY], ledger);
    ledger.broken = true;
    budgets.record(call(0.5));
    await budgets.sync();
    expect(admits(budgets)).toBe(true);
    budgets.record(call(0.25));
    expect(budgets.list()[0]!.spentUsd).toBe(0.75);
    ledger.broken = false;
    await budgets.sync();
    expect([...ledger.totals.values()]).toEqual([{ usd: 0.75, unknownCalls: 0 }]);
  });

  it('ignore a response for the previous period', async () => {
    let respond: (spend: Spend) => void = () => undefined;
    const budgets = budgetsOf([A_DAY], { spent: () => new Promise((resolve) => (respond = resolve)) });
    const synced = budgets.sync();
    now += DAY;
    expect(admits(budgets)).toBe(true);
    respond({ usd: 5, unknownCalls: 0 });
    await synced;
    expect(budgets.list()[0]!.spentUsd).toBe(0);
  });

  it('send the spend of the last seconds of a period to the ledger', async () => {
    const ledger = new SharedLedger();
    const budgets = budgetsOf([A_DAY], ledger);
    budgets.record(call(0.25));
    now += DAY;
    budgets.record(call(0.5));
    await budgets.sync();
    expect([...ledger.totals.values()].map(({ usd }) => usd).sort()).toEqual([0.25, 0.5]);
  });

  it('query the ledger again if the clock returns to an earlier period, and keep the known spend until then', async () => {
    jest.useFakeTimers();
    try {
      const spent = jest.fn(async ({ from }: LedgerAccount) => ({
        usd: from > NOW ? 0 : 0.75,
        unknownCalls: 0,
      }));
      const budgets = budgetsOf([A_DAY], { spent });
      await budgets.onModuleInit();
      now += 365 * DAY;
      expect(admits(budgets)).toBe(true);
      expect(budgets.list()[0]).toMatchObject({ spentUsd: 0, ledger: 'away' });
      await jest.advanceTimersByTimeAsync(1);
      expect(budgets.list()[0]).toMatchObject({ spentUsd: 0, ledger: 'responding' });
      now -= 365 * DAY;
      spent.mockResolvedValue({ usd: 1, unknownCalls: 0 });
      expect(budgets.list()[0]!.spentUsd).toBe(0.75);
      await jest.advanceTimersByTimeAsync(1);
      expect(admits(budgets)).toBe(false);
      await budgets.stop();
    } finally {
      jest.useRealTimers();
    }
  });

  it('start a period without spend if it begins while the process runs', async () => {
    const budgets = budgetsOf([{ ...A_DAY, whenAway: 'refuse' }], new SharedLedger());
    expect(admits(budgets)).toBe(false);
    await budgets.sync();
    now += DAY;
    expect(admits(budgets)).toBe(true);
    expect(budgets.list()[0]!.ledger).toBe('responding');
  });

  it('query the ledger every second until it responds, then every 15 seconds', async () => {
    jest.useFakeTimers();
    try {
      const spent = jest.fn<Promise<Spend>, []>(() => Promise.reject(new Error('away')));
      const budgets = budgetsOf([{ ...A_DAY, whenAway: 'refuse' }], { spent });
      await budgets.onModuleInit();
      await jest.advanceTimersByTimeAsync(3000);
      expect(spent).toHaveBeenCalledTimes(4);
      expect(admits(budgets)).toBe(false);
      spent.mockResolvedValue({ usd: 0, unknownCalls: 0 });
      await jest.advanceTimersByTimeAsync(2000);
      expect(admits(budgets)).toBe(true);
      const queries = spent.mock.calls.length;
      await jest.advanceTimersByTimeAsync(14_000);
      expect(spent.mock.calls.length - queries).toBeLessThanOrEqual(1);
      await budgets.stop();
    } finally {
      jest.useRealTimers();
    }
  });

  it('treat a ledger as unavailable if it has not responded for a minute', async () => {
    jest.useFakeTimers();
    try {
      const spent = jest.fn<Promise<Spend>, []>(async () => ({ usd: 0, unknownCalls: 0 }));
      const budgets = budgetsOf([{ ...A_DAY, whenAway: 'refuse' }], { spent });
      await budgets.onModuleInit();
      // A pending query does not stop further ones.
      spent.mockReturnValue(new Promise(() => undefined));
      await jest.advanceTimersByTimeAsync(60_000);
      expect(admits(budgets)).toBe(true);
      await jest.advanceTimersByTimeAsync(1);
      expect(admits(budgets)).toBe(false);
      expect(budgets.list()[0]!.ledger).toBe('away');
      spent.mockResolvedValue({ usd: 0, unknownCalls: 0 });
      await jest.advanceTimersByTimeAsync(30_000);
      expect(admits(budgets)).toBe(true);
      await budgets.stop();
    } finally {
      jest.useRealTimers();
    }
  });

  it('keep reading from a ledger that never confirms spend, and never send that spend twice', async () => {
    jest.useFakeTimers();
    try {
      const add = jest.fn<Promise<void>, [LedgerAccount, Spend]>(() => new Promise(() => undefined));
      const budgets = budgetsOf([A_DAY], { spent: async () => ({ usd: 5, unknownCalls: 0 }), add });
      budgets.record(call(0.5));
      void budgets.onModuleInit();
      await jest.advanceTimersByTimeAsync(30_000);
      budgets.record(call(0.25));
      await jest.advanceTimersByTimeAsync(30_000);
      expect(budgets.list()[0]).toMatchObject({ spentUsd: 5.25, ledger: 'responding' });
      expect(add.mock.calls.map(([, { usd }]) => usd)).toEqual([0.5]);
      void budgets.stop();
    } finally {
      jest.useRealTimers();
    }
  });

  it('pass projected spend to alerts, or current spend if they are used up early', async () => {
    const budgets = budgetsOf([A_DAY, { usd: 100, per: 'month', onExceed: 'warn' }]);
    now = Date.parse('2026-11-25T00:30:00Z');
    budgets.record(call(3, { startedAt: now }));
    expect(await budgets.paces()).toEqual([
      { name: '$1 a day for chat', limitUsd: 1, projectedUsd: 3 },
      { name: '$100 a month for all calls', limitUsd: 100, projectedUsd: expect.closeTo(3.747, 3) as number },
    ]);
  });
});
