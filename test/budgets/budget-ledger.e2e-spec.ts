import { DatabaseSync } from 'node:sqlite';
import { Logger } from '@nestjs/common';
import type { Budget, CallRecord, StoreStatus } from 'nestjs-llm-telemetry';
import { Budgets } from '../../src/llm-telemetry/budgets/budgets.js';
import { readCallCosts, StoreLedger } from '../../src/llm-telemetry/budgets/store-ledger.js';
import type { MeasureQuery, MeasureResult } from '../../src/llm-telemetry/store/measures.js';
import { textOf } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { CallKeeper } from '../../src/llm-telemetry/store/sqlite/worker/call-keeper.js';
import { readKept } from '../../src/llm-telemetry/store/sqlite/worker/read-kept.js';
import { readMeasures } from '../../src/llm-telemetry/store/sqlite/worker/read-measures.js';
import { callRecord } from '../support/call-record.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** What budgets remember through the store: over restarts, cut names, full lists of names, and a file that is locked. */

const DAY = 86_400_000;
const retention = { callMs: 30 * DAY, rollupMs: 400 * DAY, maxBytes: 1e9 };
const folder = temporaryFolder();

/** The store's own work in SQLite, without its thread: a test decides when the file is tried again. */
class Store {
  readonly keeper: CallKeeper;

  constructor(private readonly path: string) {
    const listener = { troubleChanged: () => {}, fileReplaced: () => {}, callsLost: () => {} };
    this.keeper = new CallKeeper({ path, inFile: retention, inMemory: retention }, listener);
    this.keeper.open();
  }

  write(...records: CallRecord[]): void {
    if (this.keeper.write(records.map(textOf)).written !== records.length)
      throw new Error('Calls were dropped.');
  }

  async measure(query: MeasureQuery): Promise<MeasureResult> {
    return this.keeper.use((database) => readMeasures(database, query));
  }

  async status(): Promise<StoreStatus> {
    const { mode, trouble } = this.keeper;
    const kept = this.keeper.use(({ database }) => readKept(database));
    const dropped = { queue_full: 0, worker_failed: 0, write_failed: 0, closed: 0 };
    return { mode, path: this.path, trouble, written: 0, waiting: 0, dropped, ...kept };
  }
}

const opened: Store[] = [];
function open(path = folder.file('calls.db')): Store {
  const store = new Store(path);
  opened.push(store);
  return store;
}
function close(store: Store): void {
  opened.splice(opened.indexOf(store), 1);
  store.keeper.close();
}

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(['log', 'warn', 'error']));
afterEach(() => {
  for (const store of opened.splice(0)) store.keeper.close();
});

/** A call that cost so much, for a feature and a tenant. */
function call(usd: number, feature = 'orders', tenantId?: string): CallRecord {
  const cost = { source: 'table', costUsd: usd, lines: [], pricedAs: 'gpt-4o-mini', pricedFrom: 'a table' };
  return callRecord({ feature, identity: { tenantId }, attempts: [{ cost: cost as never }] });
}

function budgetsOf(store: Store, budget: Partial<Budget>): Budgets {
  return new Budgets(
    [{ usd: 1, per: 'month', onExceed: 'block', ...budget }],
    new StoreLedger(store),
    Date.now,
    {
      history: () => readCallCosts(store, Date.now()),
    },
  );
}

/** What a process that starts now knows of a budget. */
async function afterRestart(budget: Partial<Budget>): Promise<number> {
  const budgets = budgetsOf(open(), budget);
  await budgets.sync();
  return budgets.list()[0]!.spentUsd;
}

const LONG = `${'n'.repeat(199)}-of-a-long-name`;
const SAME_CUT = `${'n'.repeat(199)}-of-another-one`;

describe('names', () => {
  it.each<[string, Partial<Budget>, CallRecord]>([
    ['a tenant', { tenant: LONG }, call(0.4, 'orders', LONG)],
    ['a feature', { feature: LONG }, call(0.4, LONG)],
    ['a tenant that is cut to the same name', { tenant: LONG }, call(0.4, 'orders', SAME_CUT)],
    ['a tenant with a character that is replaced', { tenant: 'ac\0me' }, call(0.4, 'orders', 'ac\0me')],
  ])('of more than 200 characters match over a restart: %s', async (_, budget, record) => {
    const store = open();
    const budgets = budgetsOf(store, budget);
    budgets.record(record);
    store.write(record);
    expect(budgets.list()[0]!.spentUsd).toBe(0.4);
    close(store);
    expect(await afterRestart(budget)).toBe(0.4);
  });

  it('that a store adds up under "other" count exactly: past 500 tenants', async () => {
    const store = open();
    store.write(...Array.from({ length: 510 }, (_, index) => call(0.01, 'orders', `tenant ${index}`)));
    store.write(call(0.4, 'orders', 'acme'), call(0.2, 'orders', 'acme'), call(0.3, 'orders', 'other'));
    close(store);
    expect(await afterRestart({ tenant: 'acme' })).toBe(0.6);
    expect(await afterRestart({ tenant: 'tenant 1' })).toBe(0.01);
    expect(await afterRestart({ tenant: 'initech' })).toBe(0);
    expect(await afterRestart({ tenant: 'other' })).toBe(0.3);
  });

  it('that a store adds up under "other" count exactly: past 2,000 series', async () => {
    const store = open();
    store.write(...Array.from({ length: 2010 }, (_, index) => call(0.001, `feature ${index}`)));
    store.write(call(0.4, 'late'));
    close(store);
    expect(await afterRestart({ feature: 'late' })).toBe(0.4);
    expect(await afterRestart({ feature: 'feature 7' })).toBe(0.001);
  });
});

describe('a file that is locked when the application starts', () => {
  /** Spends $0.90 of $1, and locks the file. */
  function lockAfter(...spent: number[]): DatabaseSync {
    const store = open();
    store.write(...spent.map((usd) => call(usd)));
    close(store);
    const other = new DatabaseSync(folder.file('calls.db'));
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return other;
  }

  it('is asked until it answers; what was spent in it and in memory since counts once', async () => {
    const lock = lockAfter(0.5, 0.4);
    const store = open();
    const budgets = budgetsOf(store, {});
    await budgets.sync();
    expect(store.keeper.mode).toBe('memory');
    expect(budgets.list()[0]).toMatchObject({ spentUsd: 0, ledger: 'away' });

    const inMemory = call(0.05);
    budgets.record(inMemory);
    store.write(inMemory);
    await budgets.sync();
    expect(budgets.list()[0]).toMatchObject({ spentUsd: 0.05, ledger: 'away' });

    lock.close();
    store.keeper.tryFile();
    for (let times = 0; times < 2; times++) {
      await budgets.sync();
      expect(budgets.list()[0]).toMatchObject({ spentUsd: 0.95, ledger: 'answered' });
    }
  });

  it.each([
    ['admit', false],
    ['refuse', true],
  ] as const)('with whenAway %p: calls are refused is %p, until it answers', async (whenAway, refused) => {
    const lock = lockAfter(0.4);
    const store = open();
    const budgets = budgetsOf(store, { whenAway });
    await budgets.sync();
    const verdict = budgets.admit({ feature: 'orders', operation: 'summarize' }, {});
    expect(verdict instanceof Error).toBe(refused);
    if (refused) expect(verdict).toMatchObject({ budget: { reason: 'ledger_away' } });
    lock.close();
    store.keeper.tryFile();
    await budgets.sync();
    expect(budgets.admit({ feature: 'orders', operation: 'other' }, {})).not.toBeInstanceOf(Error);
  });

  it('has the costs of earlier calls once it answers', async () => {
    const lock = lockAfter(0.02, 0.04);
    const store = open();
    const budgets = budgetsOf(store, {});
    await budgets.sync();
    lock.close();
    store.keeper.tryFile();
    await budgets.sync();
    budgets.admit({ feature: 'orders', operation: 'summarize' }, {});
    expect(budgets.list()[0]!.reservedUsd).toBe(0.03);
  });
});

describe('a file that is lost while the application runs', () => {
  it('leaves the budget what it knew, and calls in memory count once when it is back', async () => {
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
    expect(store.keeper.mode).toBe('memory');
    await budgets.sync();
    expect(budgets.list()[0]!.spentUsd).toBe(0.4);
    spend(0.2);
    other.close();
    store.keeper.tryFile();
    await budgets.sync();
    expect(budgets.list()[0]!.spentUsd).toBe(0.6);
    close(store);
    expect(await afterRestart({})).toBe(0.6);
  });
});
