import { Logger } from '@nestjs/common';
import type { Reservation, Verdict } from '../calls/ports.js';
import { LlmBudgetExceededError } from '../calls/budget-exceeded.error.js';
import type { CallRecord } from '../calls/record.js';
import type { Exchange } from '../wire/exchanges/exchange.js';
import type { Budget } from './budget.options.js';
import { Budgets, type Estimates } from './budgets.js';
import { CallMeans } from './call-means.js';
import { ABANDONED_AFTER_MS } from './budget-reservation.js';

const { jest } = import.meta;
const CHAT = { feature: 'chat', operation: 'reply' };
const REQUEST = {} as Exchange;

const call = (usd: number): CallRecord =>
  ({
    ...CHAT,
    startedAt: Date.now(),
    durationMs: 0,
    identity: {},
    attempts: [{ cost: { source: 'table', costUsd: usd }, usage: { source: 'provider' } }],
  }) as unknown as CallRecord;

function budgetsOf(budget: Partial<Budget>, estimates: Estimates = {}): Budgets {
  const whole: Budget = { feature: 'chat', usd: 0.1, per: 'month', onExceed: 'block', ...budget };
  return new Budgets([whole], null, Date.now, estimates);
}

/** Starts a call and sends its first request. */
function begin(budgets: Budgets): Verdict {
  const verdict = budgets.admit(CHAT, {});
  if (verdict instanceof Error || typeof verdict === 'string') return verdict;
  return verdict.request(REQUEST) ?? verdict;
}

const admitted = (verdict: Verdict): verdict is Reservation => !(verdict instanceof Error);
const reserved = (budgets: Budgets): number => budgets.list()[0]!.reservedUsd;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(['log', 'warn', 'error']));

describe('the estimate of a call', () => {
  it('is the mean cost of calls of its feature and operation', () => {
    const budgets = budgetsOf({ usd: 1 });
    for (const usd of [0.02, 0.04]) budgets.record(call(usd));
    begin(budgets);
    expect(reserved(budgets)).toBe(0.03);
  });

  it('is the estimate of its first request if there are no earlier calls', () => {
    const budgets = budgetsOf({ usd: 1 }, { ofRequest: () => 0.05 });
    const verdict = budgets.admit(CHAT, {}) as Reservation;
    expect(reserved(budgets)).toBe(0);
    expect(verdict.request(REQUEST)).toBeNull();
    expect(verdict.request(REQUEST)).toBeNull();
    expect(reserved(budgets)).toBe(0.05);
  });

  it.each<[string, Partial<Budget>, number]>([
    ['$0.01', {}, 0.01],
    ['estimateUsd', { estimateUsd: 0.25 }, 0.25],
  ])('is %s if the request has no estimate', (_, budget, expected) => {
    for (const ofRequest of [
      undefined,
      () => null,
      () => Number.NaN,
      () => {
        throw new Error('no price');
      },
    ]) {
      const budgets = budgetsOf({ usd: 1, ...budget }, { ofRequest });
      begin(budgets);
      expect(reserved(budgets)).toBe(expected);
    }
  });

  it('is the mean of calls before this process started if the store has them', async () => {
    const costs = [{ ...CHAT, meanUsd: 0.04, calls: 1000 }];
    const budgets = budgetsOf({ usd: 1 }, { history: async () => costs });
    await budgets.onModuleInit();
    begin(budgets);
    expect(reserved(budgets)).toBe(0.04);
    await budgets.stop();
  });

  it('follows the cost of recent calls', () => {
    const means = new CallMeans();
    means.seed({ ...CHAT, meanUsd: 0.01, calls: 100_000 });
    for (let count = 0; count < 100; count++) means.add(CHAT, 1);
    expect(means.of(CHAT)).toBeCloseTo(1, 1);
  });

  it('excludes calls without cost, so that an outage does not lower it to 0', () => {
    const means = new CallMeans();
    means.add(CHAT, 0.5);
    for (let count = 0; count < 100; count++) means.add(CHAT, 0);
    expect(means.of(CHAT)).toBe(0.5);
  });

  it('is kept for at most 1,000 names', () => {
    const means = new CallMeans();
    const named = (index: number): typeof CHAT => ({ feature: 'chat', operation: `operation ${index}` });
    for (let index = 0; index < 1001; index++) means.add(named(index), 1);
    expect([means.of(named(0)), means.of(named(1))]).toEqual([null, 1]);
  });
});

describe('a reservation', () => {
  it('refuses further calls that do not fit, with the reason', () => {
    const budgets = budgetsOf({ usd: 0.015 });
    begin(budgets);
    const error = begin(budgets) as LlmBudgetExceededError;
    expect(error).toBeInstanceOf(LlmBudgetExceededError);
    expect(error.message).toBe(
      'Call refused: the rest of the budget "$0.015 a month for chat" is reserved for calls in flight.',
    );
    expect(error.budget).toMatchObject({ reason: 'reserved', spentUsd: 0, reservedUsd: 0.01 });
    expect(error.retryAfterMs).toBeLessThanOrEqual(1000);
  });

  it('is released only once', () => {
    const budgets = budgetsOf({});
    const [first, second] = [begin(budgets), begin(budgets)] as [Reservation, Reservation];
    for (let times = 0; times < 3; times++) first.release();
    expect(budgets.list()[0]).toMatchObject({ reservedUsd: 0.01, callsInFlight: 1 });
    second.release();
    expect(budgets.list()[0]).toMatchObject({ reservedUsd: 0, callsInFlight: 0 });
  });

  // BerriAI/litellm#20256 (limit of parallel requests): the counter is never lowered after timeouts.
  it('is released 15 minutes after the last request of a call that never ends', () => {
    jest.useFakeTimers();
    try {
      const budgets = budgetsOf({ usd: 0.02 });
      const [abandoned, working] = [begin(budgets), begin(budgets)] as [Reservation, Reservation];
      jest.advanceTimersByTime(ABANDONED_AFTER_MS - 1);
      expect(admitted(begin(budgets))).toBe(false);
      working.request(REQUEST);
      jest.advanceTimersByTime(1);
      expect(budgets.list()[0]).toMatchObject({ reservedUsd: 0.01, callsInFlight: 1 });
      const next = begin(budgets);
      expect(admitted(next)).toBe(true);
      // A late release does not affect other reservations (BerriAI/litellm#36459).
      abandoned.release();
      expect(budgets.list()[0]).toMatchObject({ reservedUsd: 0.02, callsInFlight: 2 });
    } finally {
      jest.useRealTimers();
    }
  });

  it('is released when the application stops', async () => {
    const budgets = budgetsOf({});
    begin(budgets);
    await budgets.stop();
    expect(reserved(budgets)).toBe(0);
  });

  // garrytan/gbrain#4365: four calls of $0.0884 exceed $5 together, because none of them counts the others.
  it('counts toward calls that start at the same time', () => {
    const budgets = budgetsOf({ usd: 5 }, { ofRequest: () => 0.0884 });
    budgets.record({ ...call(4.75272), operation: 'earlier' });
    const verdicts = Array.from({ length: 4 }, () => begin(budgets));
    expect(verdicts.filter(admitted)).toHaveLength(2);
  });

  // BerriAI/litellm#39309: a refused request consumes a part of the quota.
  it('is not created for a refused call', () => {
    const budgets = budgetsOf({ usd: 0.015 });
    const first = begin(budgets) as Reservation;
    for (let times = 0; times < 5; times++) begin(budgets);
    first.release();
    expect(budgets.list()[0]).toMatchObject({ spentUsd: 0, reservedUsd: 0, callsInFlight: 0 });
    expect(admitted(begin(budgets))).toBe(true);
  });

  it('is created in all budgets that cover the call or in none of them', () => {
    const [wide, narrow] = [{ usd: 1 }, { feature: 'chat', usd: 0.015 }] as const;
    const rest = { per: 'day', onExceed: 'block' } as const;
    const budgets = new Budgets(
      [
        { ...wide, ...rest },
        { ...narrow, ...rest },
      ],
      null,
    );
    begin(budgets);
    expect(admitted(begin(budgets))).toBe(false);
    expect(budgets.list().map(({ reservedUsd }) => reservedUsd)).toEqual([0.01, 0.01]);
  });
});
