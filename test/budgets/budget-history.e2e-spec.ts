import { DatabaseSync } from 'node:sqlite';
import { Logger } from '@nestjs/common';
import { Budgets } from '../../src/llm-telemetry/budgets/budgets.js';
import { readCallCosts, StoreLedger } from '../../src/llm-telemetry/budgets/store-ledger.js';
import { callRecord } from '../support/call-record.js';
import { ThreadOfStore } from '../support/store-thread.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Costs of earlier calls that budgets read from the store. */

const { jest } = import.meta;
const folder = temporaryFolder();

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(['log', 'warn', 'error']));
beforeEach(() => void jest.useFakeTimers({ now: Date.UTC(2026, 10, 24, 12) }));
afterEach(() => void jest.useRealTimers());

describe('a file that is locked when the application starts', () => {
  it('provides the costs of earlier calls once it can be read', async () => {
    const path = folder.file('calls.db');
    const before = new ThreadOfStore(path);
    for (const costUsd of [0.02, 0.04]) {
      const cost = { source: 'table', costUsd, lines: [], pricedAs: 'gpt-4o-mini', pricedFrom: 'a table' };
      before.write(callRecord({ attempts: [{ cost: cost as never }] }));
    }
    before.close();
    const lock = new DatabaseSync(path);
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');

    const store = new ThreadOfStore(path);
    const history = () => readCallCosts(store, Date.now());
    const budgets = new Budgets(
      [{ usd: 1, per: 'month', onExceed: 'block' }],
      new StoreLedger(store),
      Date.now,
      { history },
    );
    await budgets.sync();
    lock.close();
    jest.advanceTimersByTime(30_000);
    await budgets.sync();
    budgets.admit({ feature: 'orders', operation: 'summarize' }, {});
    expect(budgets.list()[0]!.reservedUsd).toBe(0.03);
    store.close();
  });
});
