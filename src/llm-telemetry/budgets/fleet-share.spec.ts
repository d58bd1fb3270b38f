import { Logger } from '@nestjs/common';
import type { CallRecord } from '../calls/record.js';
import { allocate, SHARE_KEPT_MS } from '../store/core/budget-shares.js';
import type { BudgetShare, BudgetShareRequest } from '../store/fleet.js';
import type { BudgetLedger } from './budget-ledger.js';
import type { Budget } from './budget.options.js';
import { Budgets } from './budgets.js';
import type { BudgetFleet } from './fleet-share.js';

const { jest } = import.meta;
const CHAT = { feature: 'chat', operation: 'reply' };
const BUDGET: Budget = { feature: 'chat', usd: 30, per: 'month', onExceed: 'block' };
const CALL_MS = 300;

/** A database that grants shares, with a delay for each request. */
class Shares {
  private spent = 0;
  /** Numbers of the requests, by account. */
  readonly numbers = new Map<string, number[]>();
  private readonly rows = new Map<string, { number: number; granted: number; seenAt: number }>();
  requests = 0;
  responds = true;
  /** Whether responses are lost after the request was counted. */
  losesResponses = false;
  delayMs = 2;

  as(instance: string): BudgetFleet {
    return { shareBudget: (request) => this.request(instance, request) };
  }

  private async request(instance: string, request: BudgetShareRequest): Promise<BudgetShare> {
    this.requests++;
    this.numbers.set(request.account, [...(this.numbers.get(request.account) ?? []), request.number]);
    await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (!this.responds) throw new Error('The database does not respond.');
    const others = [...this.rows].filter(
      ([name, { seenAt }]) => name !== instance && Date.now() - seenAt < SHARE_KEPT_MS,
    );
    const { spent, granted, share } = allocate(request, {
      spent: this.spent,
      own: this.rows.get(instance) ?? null,
      others: { count: others.length, granted: others.reduce((sum, [, row]) => sum + row.granted, 0) },
    });
    this.spent = spent;
    this.rows.set(instance, { number: request.number, granted, seenAt: Date.now() });
    if (this.losesResponses) throw new Error('The connection was lost.');
    return share;
  }
}

/** Instances that send calls as fast as budgets allow. */
class Fleet {
  spentUsd = 0;
  admitted = 0;
  refused = 0;
  private readonly members: Budgets[] = [];

  constructor(
    readonly shares: Shares,
    instances: number,
    private readonly costUsd: () => number,
    budget: Partial<Budget> = {},
  ) {
    const ledger: BudgetLedger = { spent: async () => ({ usd: 0, unknownCalls: 0 }) };
    for (let index = 0; index < instances; index++) {
      const fleet = shares.as(`pod-${index}`);
      this.members.push(new Budgets([{ ...BUDGET, ...budget }], ledger, Date.now, {}, fleet));
    }
  }

  async start(): Promise<void> {
    const started = Promise.all(this.members.map((budgets) => budgets.onModuleInit()));
    await jest.advanceTimersByTimeAsync(this.shares.delayMs);
    await started;
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((budgets) => budgets.stop()));
  }

  /** Every instance sends `perSecond` calls for `ms`. */
  async run(ms: number, perSecond: number, members = this.members): Promise<void> {
    const everyMs = 1000 / perSecond;
    for (let passed = 0; passed < ms; passed += everyMs) {
      for (const budgets of members) this.call(budgets);
      await jest.advanceTimersByTimeAsync(everyMs);
    }
  }

  /** Runs one instance only. */
  only(index: number): Budgets[] {
    return [this.members[index]!];
  }

  private call(budgets: Budgets): void {
    const verdict = budgets.admit(CHAT, {});
    if (verdict instanceof Error) return void this.refused++;
    if (typeof verdict === 'string') throw new Error('The budget does not block.');
    const refused = verdict.request({} as never);
    if (refused) return void this.refused++;
    this.admitted++;
    const usd = this.costUsd();
    setTimeout(() => {
      this.spentUsd += usd;
      budgets.record(recordOf(usd));
      verdict.release();
    }, CALL_MS);
  }
}

function recordOf(usd: number): CallRecord {
  return {
    ...CHAT,
    startedAt: Date.now(),
    durationMs: CALL_MS,
    identity: {},
    attempts: [{ cost: { source: 'table', costUsd: usd }, usage: { source: 'provider' } }],
  } as unknown as CallRecord;
}

/** Costs around a mean, the same for each run. */
function costsAround(meanUsd: number): () => number {
  let seed = 7;
  return () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return meanUsd * (0.5 + seed / 2_147_483_647);
  };
}

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(['log', 'warn', 'error']));
beforeEach(() => jest.useFakeTimers({ now: Date.UTC(2026, 10, 24, 12) }));
afterEach(() => jest.useRealTimers());

describe('a budget that a fleet shares', () => {
  it.each([
    ['20 instances with 250 calls a second each', 20, 250, 30, 0.0006, 2],
    ['20 instances and a slow database', 20, 50, 30, 0.003, 400],
    ['5 instances with slow traffic', 5, 2, 3, 0.01, 2],
    ['one instance', 1, 100, 3, 0.002, 2],
  ])(
    'is exceeded by at most 5 %% and used to 90 %%: %s',
    async (_, instances, perSecond, usd, costUsd, delayMs) => {
      const shares = new Shares();
      shares.delayMs = delayMs;
      const fleet = new Fleet(shares, instances, costsAround(costUsd), { usd });
      await fleet.start();
      await fleet.run((usd / costUsd / instances / perSecond) * 1000 * 2, perSecond);
      await jest.advanceTimersByTimeAsync(CALL_MS);
      expect(fleet.spentUsd / usd).toBeLessThan(1.05);
      expect(fleet.spentUsd / usd).toBeGreaterThan(0.9);
      expect(fleet.refused).toBeGreaterThan(0);
      await fleet.stop();
    },
  );

  it('refuses no call while there is enough left for all instances', async () => {
    const fleet = new Fleet(new Shares(), 10, costsAround(0.001));
    await fleet.start();
    await fleet.run(2000, 50);
    expect(fleet.refused).toBe(0);
    expect(fleet.admitted).toBe(1000);
    await fleet.stop();
  });

  it('counts what was spent once if responses are lost', async () => {
    const shares = new Shares();
    const fleet = new Fleet(shares, 2, costsAround(0.01), { usd: 2 });
    await fleet.start();
    for (let round = 0; round < 20; round++) {
      shares.losesResponses = round % 2 === 1;
      await fleet.run(1000, 10);
    }
    shares.losesResponses = false;
    await jest.advanceTimersByTimeAsync(5000);
    expect(fleet.spentUsd / 2).toBeLessThan(1.1);
    expect(fleet.spentUsd / 2).toBeGreaterThan(0.9);
    await fleet.stop();
  });

  it('is limited by the known spend while the fleet does not respond', async () => {
    const shares = new Shares();
    shares.responds = false;
    const fleet = new Fleet(shares, 1, costsAround(0.01), { usd: 0.5 });
    await fleet.start();
    await fleet.run(20_000, 10);
    expect(fleet.spentUsd).toBeGreaterThan(0.45);
    expect(fleet.spentUsd).toBeLessThan(0.55);
    await fleet.stop();
  });

  it('gives the share of an instance that ended to the others', async () => {
    const fleet = new Fleet(new Shares(), 4, costsAround(0.01), { usd: 4 });
    await fleet.start();
    await fleet.run(1000, 10);
    await fleet.run(SHARE_KEPT_MS + 60_000, 5, fleet.only(0));
    await jest.advanceTimersByTimeAsync(CALL_MS);
    expect(fleet.spentUsd / 4).toBeGreaterThan(0.97);
    expect(fleet.spentUsd / 4).toBeLessThan(1.05);
    await fleet.stop();
  });

  it('is asked for once a second while the fleet does not respond', async () => {
    const shares = new Shares();
    shares.responds = false;
    const fleet = new Fleet(shares, 1, costsAround(0.0001));
    await fleet.start();
    await fleet.run(5000, 100);
    expect(fleet.admitted).toBe(500);
    expect(shares.requests).toBeLessThan(15);
    await fleet.stop();
  });

  it('numbers its requests on when the clock returns to a period', async () => {
    const shares = new Shares();
    const fleet = new Fleet(shares, 1, () => 0.01);
    await fleet.start();
    await fleet.run(3000, 10);
    const before = Date.now();
    jest.setSystemTime(Date.UTC(2026, 11, 24));
    await fleet.run(1000, 10);
    jest.setSystemTime(before);
    await fleet.run(3000, 10);
    const november = shares.numbers.get('feature=chat/month/2026-11-01T00:00:00.000Z')!;
    expect(november.length).toBeGreaterThan(5);
    expect(november).toEqual([...new Set(november)].sort((one, other) => one - other));
    await fleet.stop();
  });

  it('is not asked for by instances without calls', async () => {
    const shares = new Shares();
    const fleet = new Fleet(shares, 3, costsAround(0.01));
    await fleet.start();
    const atStart = shares.requests;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(shares.requests).toBe(atStart);
    await fleet.stop();
  });
});
