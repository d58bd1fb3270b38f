import { DatabaseSync } from 'node:sqlite';
import { Logger } from '@nestjs/common';
import type { Budget, CallRecord } from 'nestjs-llm-telemetry';
import { Budgets } from '../../src/llm-telemetry/budgets/budgets.js';
import { StoreLedger } from '../../src/llm-telemetry/budgets/store-ledger.js';
import { callRecord } from '../support/call-record.js';
import { ThreadOfStore } from '../support/store-thread.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Spend read from the store after restarts, with truncated names, full lists of names and a locked file. */

const { jest } = import.meta;
const folder = temporaryFolder();

const opened: ThreadOfStore[] = [];
function open(path = folder.file('calls.db')): ThreadOfStore {
  const store = new ThreadOfStore(path);
  opened.push(store);
  return store;
}
function close(store: ThreadOfStore): void {
  opened.splice(opened.indexOf(store), 1);
  store.close();
}
/** Advances the time until the store retries its file. */
function tryFile(): void {
  jest.advanceTimersByTime(30_000);
}

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(['log', 'warn', 'error']));
beforeEach(() => void jest.useFakeTimers({ now: Date.UTC(2026, 10, 24, 12) }));
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  jest.useRealTimers();
});

/** Returns the record of a call with the given cost, feature and tenant. */
function call(usd: number, feature = 'orders', tenantId?: string): CallRecord {
  const cost = { source: 'table', costUsd: usd, lines: [], pricedAs: 'gpt-4o-mini', pricedFrom: 'a table' };
  return callRecord({ feature, identity: { tenantId }, attempts: [{ cost: cost as never }] });
}

function budgetsOf(store: ThreadOfStore, budget: Partial<Budget>): Budgets {
  const all: Budget[] = [{ usd: 1, per: 'month', onExceed: 'block', ...budget }];
  return new Budgets(all, new StoreLedger(store), Date.now);
}

/** Returns the spend of a budget in a process that starts now. */
async function afterRestart(budget: Partial<Budget>): Promise<number> {
  const budgets = budgetsOf(open(), budget);
  await budgets.sync();
  return budgets.list()[0]!.spentUsd;
}

describe('calls with an unknown cost', () => {
  const unknown = { source: 'unknown', reason: 'no price', reasonCode: 'unpriced_model' } as const;
  // Records are created in the tests, at the time of their clock.
  it.each<[string, () => CallRecord, number]>([
    ['a price', () => call(0.4), 0],
    ['an attempt without a price', () => callRecord({ attempts: [{ cost: unknown }] }), 1],
    [
      'two attempts without a price',
      () => callRecord({ attempts: [{ cost: unknown }, { cost: unknown }] }),
      1,
    ],
    [
      'an attempt without a price and one without usage',
      () => callRecord({ attempts: [{ cost: unknown }, { cost: unknown, usage: { source: 'missing' } }] }),
      1,
    ],
    ['an attempt that was not billed', () => callRecord({ attempts: [{ cost: null, usage: null }] }), 0],
  ])('are counted once, before and after a restart: %s', async (_, create, expected) => {
    const record = create();
    const store = open();
    const budgets = budgetsOf(store, {});
    budgets.record(record);
    expect(budgets.list()[0]!.unknownCalls).toBe(expected);
    store.write(record);
    close(store);
    const restarted = budgetsOf(open(), {});
    await restarted.sync();
    expect(restarted.list()[0]!.unknownCalls).toBe(expected);
  });
});

const LONG = `${'n'.repeat(199)}-of-a-long-name`;
const SAME_TRUNCATED = `${'n'.repeat(199)}-of-another-one`;

describe('names of features and tenants', () => {
  it.each<[string, Partial<Budget>, () => CallRecord]>([
    ['a tenant', { tenant: LONG }, () => call(0.4, 'orders', LONG)],
    ['a feature', { feature: LONG }, () => call(0.4, LONG)],
    [
      'a tenant that is truncated to the same name',
      { tenant: LONG },
      () => call(0.4, 'orders', SAME_TRUNCATED),
    ],
    ['a tenant with a character that is replaced', { tenant: 'ac\0me' }, () => call(0.4, 'orders', 'ac\0me')],
  ])('that the store truncates or sanitizes match after a restart: %s', async (_, budget, recorded) => {
    const record = recorded();
    const store = open();
    const budgets = budgetsOf(store, budget);
    budgets.record(record);
    store.write(record);
    expect(budgets.list()[0]!.spentUsd).toBe(0.4);
    close(store);
    expect(await afterRestart(budget)).toBe(0.4);
  });

  it('that the store combines as "other" are counted exactly beyond 500 tenants', async () => {
    const store = open();
    store.write(...Array.from({ length: 510 }, (_, index) => call(0.01, 'orders', `tenant ${index}`)));
    store.write(call(0.4, 'orders', 'acme'), call(0.2, 'orders', 'acme'), call(0.3, 'orders', 'other'));
    close(store);
    expect(await afterRestart({ tenant: 'acme' })).toBe(0.6);
    expect(await afterRestart({ tenant: 'tenant 1' })).toBe(0.01);
    expect(await afterRestart({ tenant: 'initech' })).toBe(0);
    expect(await afterRestart({ tenant: 'other' })).toBe(0.3);
  });

  it('that the store combines as "other" are counted exactly beyond 2,000 series', async () => {
    const store = open();
    store.write(...Array.from({ length: 2010 }, (_, index) => call(0.001, `feature ${index}`)));
    store.write(call(0.4, 'late'));
    close(store);
    expect(await afterRestart({ feature: 'late' })).toBe(0.4);
    expect(await afterRestart({ feature: 'feature 7' })).toBe(0.001);
  });
});

describe('a file that is locked when the application starts', () => {
  /** Writes calls with the given costs, closes the store and locks its file. */
  function lockAfter(...spent: number[]): DatabaseSync {
    const store = open();
    store.write(...spent.map((usd) => call(usd)));
    close(store);
    const other = new DatabaseSync(folder.file('calls.db'));
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return other;
  }

  it('is retried until it can be read, and spend in the file and in memory is counted once', async () => {
    const lock = lockAfter(0.5, 0.4);
    const store = open();
    const budgets = budgetsOf(store, {});
    const ledgers: unknown[] = [];
    const spent = async (): Promise<number> => {
      await budgets.sync();
      const { spentUsd, ledger } = budgets.list()[0]!;
      ledgers.push(ledger);
      return spentUsd;
    };
    expect(await spent()).toBe(0);
    expect(store.state).toBe('memory');

    const inMemory = call(0.05);
    budgets.record(inMemory);
    store.write(inMemory);
    expect(await spent()).toBe(0.05);

    lock.close();
    tryFile();
    expect([await spent(), await spent()]).toEqual([0.95, 0.95]);
    expect(store.state).toBe('stored');
    expect(ledgers).toEqual(['away', 'away', 'responding', 'responding']);
  });

  it.each([
    ['admit', false],
    ['refuse', true],
  ] as const)(
    'with whenAway %p refuses calls (%p) until the file is available',
    async (whenAway, refused) => {
      const lock = lockAfter(0.4);
      const store = open();
      const budgets = budgetsOf(store, { whenAway });
      await budgets.sync();
      const verdict = budgets.admit({ feature: 'orders', operation: 'summarize' }, {});
      expect(verdict instanceof Error).toBe(refused);
      if (refused) expect(verdict).toMatchObject({ budget: { reason: 'ledger_away' } });
      lock.close();
      tryFile();
      await budgets.sync();
      expect(budgets.admit({ feature: 'orders', operation: 'other' }, {})).not.toBeInstanceOf(Error);
    },
  );
});

describe('a file that is lost while the application runs', () => {
  it('does not reset the known spend, and calls in memory are counted once when it is available again', async () => {
    const store = open();
    const budgets = budgetsOf(store, {});
    const spend = (usd: number): void => {
      const record = call(usd);
      budgets.record(record);
      store.write(record);
    };
    spend(0.3);
    await budgets.sync();
    const other = new DatabaseSync(folder.file('calls.db'));
    other.exec('BEGIN IMMEDIATE');
    spend(0.1);
    expect(store.state).toBe('memory');
    await budgets.sync();
    expect(budgets.list()[0]!.spentUsd).toBe(0.4);
    spend(0.2);
    other.close();
    tryFile();
    await budgets.sync();
    expect(budgets.list()[0]!.spentUsd).toBe(0.6);
    close(store);
    expect(await afterRestart({})).toBe(0.6);
  });
});
