import { randomUUID } from 'node:crypto';
import { StoreUnavailableError } from '../../src/llm-telemetry/store/call-store.js';
import type { OwnInstance } from '../../src/llm-telemetry/store/core/instance.js';
import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { type BufferSettings, describeSharedStore } from '../../src/llm-telemetry/store/shared-store.js';
import type { EngineListener, OutboxStatus } from '../../src/llm-telemetry/store/thread/engine.js';
import { monotonicMs } from '../../src/llm-telemetry/store/thread/messages.js';
import { SharedEngine } from '../../src/llm-telemetry/store/thread/shared-engine.js';
import { sharedSettings } from '../../src/llm-telemetry/store/thread/shared-settings.js';
import { ThreadedStore } from '../../src/llm-telemetry/store/thread/threaded-store.js';
import { callRecord } from '../support/call-records.js';
import { FakeDatabase } from '../support/fake-database.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** The engine for shared databases, with a database that fails as programmed. */

const jest = import.meta.jest;
const folder = temporaryFolder();
const RANGE = { from: 0, to: 4e12 };

class Engine {
  readonly warnings: string[] = [];
  readonly states: Array<{ state: string; trouble: string | null }> = [];
  outbox: OutboxStatus | null = null;
  written = 0;
  dropped = 0;
  overflowed = 0;
  readonly engine: SharedEngine;

  constructor(
    readonly database: FakeDatabase,
    buffer: BufferSettings = { path: folder.file('outbox'), maxBytes: 1e9 },
    load = async () => database.connect(),
  ) {
    const listener: EngineListener = {
      stateChanged: (state, trouble) => void this.states.push({ state, trouble: trouble?.message ?? null }),
      warningRaised: (message) => void this.warnings.push(message),
      callsLost: () => undefined,
      outboxChanged: (status) => {
        this.outbox = status;
        this.written += status.written;
        this.dropped += status.dropped;
      },
    };
    const settings = {
      kind: 'postgres' as const,
      where: 'db:5432/app',
      database: {},
      buffer,
      instance: instance(),
    };
    this.engine = new SharedEngine(settings, listener, load);
  }

  record(count: number, differences = {}): void {
    const texts = Array.from({ length: count }, () => encodeRecord(callRecord(differences)));
    this.overflowed += this.engine.write(texts).overflowed;
  }

  measure(): Promise<unknown> {
    return this.engine.query('measure', { range: RANGE }, monotonicMs() + 10_000);
  }
}

function instance(): OwnInstance {
  const names = { service: 'orders', version: '1', environment: 'test', instance: 'a' };
  return { id: randomUUID(), ...names, host: 'host', pid: 1, startedAt: 0 };
}

/** Lets an amount of time pass while `work` runs. */
async function during<T>(ms: number, work: Promise<T>): Promise<T> {
  const result = work.catch((error: unknown) => error as T);
  await jest.advanceTimersByTimeAsync(ms);
  return result;
}

let database: FakeDatabase;
const running: Engine[] = [];
function start(
  ...args: ConstructorParameters<typeof Engine> extends [unknown, ...infer Rest] ? Rest : never
): Engine {
  const engine = new Engine(database, ...args);
  running.push(engine);
  return engine;
}
beforeEach(() => {
  jest.useFakeTimers();
  database = new FakeDatabase();
});
afterEach(async () => {
  await during(5000, Promise.all(running.splice(0).map(({ engine }) => engine.close())));
  jest.useRealTimers();
});

describe('a shared database that works', () => {
  it('has calls within 250 ms, in one delivery', async () => {
    const engine = start();
    engine.record(3);
    engine.record(2);
    expect(engine.outbox).toMatchObject({ waiting: 5, isDurable: true });
    await jest.advanceTimersByTimeAsync(250);
    expect([database.calls.size, database.writes]).toEqual([5, 1]);
    expect(engine.outbox).toMatchObject({ waiting: 0, waitingSince: null });
    expect(engine.written).toBe(5);
  });

  it('has calls that arrive during a write after the same delay, not at once', async () => {
    const engine = start();
    engine.record(3);
    await jest.advanceTimersByTimeAsync(249);
    database.writeMs = 100;
    await jest.advanceTimersByTimeAsync(1);
    for (let call = 0; call < 5; call++) {
      await jest.advanceTimersByTimeAsync(30);
      engine.record(1);
    }
    expect(database.calls.size).toBe(3);
    await jest.advanceTimersByTimeAsync(280);
    expect([database.calls.size, database.writes]).toEqual([8, 2]);
  });

  it('has the calls of a busy process in fewer, larger deliveries, within a second', async () => {
    const engine = start();
    for (let call = 0; call < 100; call++) {
      engine.record(100);
      await jest.advanceTimersByTimeAsync(100);
    }
    expect(database.writes).toBeLessThan(15);
    await jest.advanceTimersByTimeAsync(1000);
    expect(database.calls.size).toBe(10_000);
    engine.record(1);
    await jest.advanceTimersByTimeAsync(1000);
    engine.record(1);
    await jest.advanceTimersByTimeAsync(250);
    expect(database.calls.size).toBe(10_002);
  });

  it('answers queries, and a flush makes calls readable', async () => {
    const engine = start();
    engine.record(3);
    await during(0, engine.engine.flush());
    const { groups } = (await engine.measure()) as { groups: Array<{ measures: { calls: number } }> };
    expect(groups[0]!.measures.calls).toBe(3);
  });

  it('hears of the process at the start and every 15 s', async () => {
    start();
    await jest.advanceTimersByTimeAsync(30_000);
    expect(database.beats).toHaveLength(3);
  });

  it('has no trouble if a connection is cut once', async () => {
    const engine = start();
    await jest.advanceTimersByTimeAsync(0);
    database.outcomes.push('failed');
    engine.record(1);
    await jest.advanceTimersByTimeAsync(1000);
    expect(database.calls.size).toBe(1);
    expect(engine.states.map(({ trouble }) => trouble)).toEqual([null]);
  });
});

describe('a shared database that is away', () => {
  it('at the start is reported once with the calls that wait, and gets them when it is back', async () => {
    database.away = 'unreachable';
    const engine = start();
    engine.record(12);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(engine.states).toEqual([
      { state: 'stored', trouble: null },
      {
        state: 'buffered',
        trouble: `Store: the database db:5432/app cannot be used: It is away. Calls wait in ${folder.file('outbox')}.`,
      },
    ]);
    database.away = null;
    await jest.advanceTimersByTimeAsync(16_000);
    expect(engine.states.slice(2)).toEqual([{ state: 'stored', trouble: null }]);
    expect(database.calls.size).toBe(12);
  });

  it('later rejects queries at once and keeps calls, also across 10 minutes', async () => {
    const engine = start();
    await jest.advanceTimersByTimeAsync(1000);
    database.away = 'unreachable';
    engine.record(1);
    await jest.advanceTimersByTimeAsync(1000);
    await expect(engine.measure()).rejects.toEqual(
      new StoreUnavailableError('The database db:5432/app cannot be used: it cannot be reached.'),
    );
    for (let minutes = 0; minutes < 10; minutes++) {
      engine.record(100);
      await jest.advanceTimersByTimeAsync(60_000);
    }
    database.away = null;
    await jest.advanceTimersByTimeAsync(16_000);
    expect([database.calls.size, engine.written, database.violations]).toEqual([1001, 1001, []]);
    await expect(engine.measure()).resolves.toBeDefined();
  });

  it('is noticed without calls by the heartbeat', async () => {
    const engine = start();
    await jest.advanceTimersByTimeAsync(1000);
    database.away = 'refused';
    await jest.advanceTimersByTimeAsync(15_000);
    expect(engine.states.at(-1)).toMatchObject({ state: 'buffered' });
    database.away = null;
    await jest.advanceTimersByTimeAsync(15_000);
    expect(engine.states.at(-1)).toEqual({ state: 'stored', trouble: null });
  });

  it('delays a flush by 2 s at most', async () => {
    const engine = start();
    database.away = 'unreachable';
    engine.record(1);
    const flushed = jest.fn();
    void engine.engine.flush().then(flushed);
    await jest.advanceTimersByTimeAsync(1900);
    expect(flushed).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(2500);
    expect(flushed).toHaveBeenCalled();
  });

  it('because its driver is not installed is reported, and no call is dropped', async () => {
    const engine = start(undefined, () => Promise.reject(new Error("Cannot find package 'pg'")));
    engine.record(3);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(engine.states.at(-1)!.trouble).toContain("cannot be used: Cannot find package 'pg'. Calls wait");
    expect([engine.outbox!.waiting, engine.dropped]).toEqual([3, 0]);
  });

  it('is not reported as back while it can be reached but not written', async () => {
    const engine = start();
    await jest.advanceTimersByTimeAsync(1000);
    jest.spyOn(database, 'write').mockImplementation(() => {
      const full = new FakeDatabase();
      full.away = 'full';
      return full.request();
    });
    engine.record(1);
    await jest.advanceTimersByTimeAsync(120_000);
    expect(engine.states.map(({ state }) => state)).toEqual(['stored', 'buffered']);
    await expect(engine.measure()).resolves.toBeDefined();
  });
});

describe('a shared database that does not respond', () => {
  it('is reported after 30 s, and gets a delivery once although its answer was lost', async () => {
    const engine = start();
    await jest.advanceTimersByTimeAsync(1000);
    database.outcomes.push('frozen_after_commit', 'frozen');
    engine.record(4);
    await jest.advanceTimersByTimeAsync(31_000);
    expect(engine.states.at(-1)!.trouble).toContain(
      'cannot be used: It did not respond within 30 s. Calls wait',
    );
    await jest.advanceTimersByTimeAsync(60_000);
    expect([database.calls.size, database.repeated, database.violations]).toEqual([4, 1, []]);
    expect(engine.states.at(-1)).toEqual({ state: 'stored', trouble: null });
  });

  it('rejects a query at its deadline, and does not send queries that nobody waits for', async () => {
    const engine = start();
    await jest.advanceTimersByTimeAsync(1000);
    database.isFrozen = true;
    const queries = Promise.allSettled(Array.from({ length: 10 }, () => engine.measure()));
    await jest.advanceTimersByTimeAsync(10_001);
    const results = await queries;
    expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 'rejected'));
    database.isFrozen = false;
  });
});

describe('calls that a shared database rejects', () => {
  it('are found and dropped with one warning, and all others are written once', async () => {
    const engine = start();
    database.rejects = ({ record }) => record.feature === 'at_fault';
    for (let part = 0; part < 20; part++) {
      engine.record(100);
      if (part % 7 === 3) engine.record(1, { feature: 'at_fault' });
    }
    await jest.advanceTimersByTimeAsync(60_000);
    expect([database.calls.size, engine.written, engine.dropped]).toEqual([2000, 2000, 3]);
    expect(database.violations).toEqual([]);
    expect(engine.warnings).toEqual([expect.stringContaining('a call was dropped')]);
  });

  it('are dropped slowly if there are only such calls, because the database can be at fault', async () => {
    const engine = start();
    database.rejects = () => true;
    engine.record(100);
    await jest.advanceTimersByTimeAsync(5000);
    expect(engine.dropped).toBeLessThan(12);
    expect(engine.states.at(-1)).toMatchObject({ state: 'buffered' });
    database.rejects = () => false;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(database.calls.size + engine.dropped).toBe(100);
    expect(engine.states.at(-1)).toMatchObject({ state: 'stored' });
  });

  it('that cannot be decoded are dropped', async () => {
    const engine = start();
    engine.engine.write(['no record', encodeRecord(callRecord())]);
    await jest.advanceTimersByTimeAsync(1000);
    expect([engine.written, engine.dropped]).toEqual([1, 1]);
  });
});

describe('an outbox that is full', () => {
  it('counts the calls that it cannot take', async () => {
    database.away = 'unreachable';
    const length = encodeRecord(callRecord()).length + 1;
    const engine = start({ path: folder.file('outbox'), maxBytes: 10 * length });
    engine.record(15);
    expect([engine.overflowed, engine.outbox!.waiting]).toEqual([5, 10]);
  });
});

describe('closing', () => {
  it('delivers what waits', async () => {
    const engine = start();
    engine.record(3);
    expect(await during(3000, engine.engine.close())).toBe(0);
    expect(database.calls.size).toBe(3);
  });

  it.each(['frozen', 'away'])(
    'leaves calls in the outbox if the database is %s, and the next start delivers them',
    async (how) => {
      if (how === 'frozen') database.isFrozen = true;
      else database.away = 'unreachable';
      const engine = start();
      engine.record(3);
      expect(await during(3000, engine.engine.close())).toBe(0);
      expect(database.calls.size).toBe(0);
      database.isFrozen = false;
      database.away = null;
      const next = start();
      await jest.advanceTimersByTimeAsync(1000);
      expect([database.calls.size, next.written]).toEqual([3, 3]);
    },
  );

  it('returns the calls in memory that could not be delivered', async () => {
    database.away = 'unreachable';
    const engine = start('memory');
    engine.record(3);
    await jest.advanceTimersByTimeAsync(1000);
    expect(engine.states.at(-1)).toMatchObject({ state: 'memory' });
    expect(await during(3000, engine.engine.close())).toBe(3);
  });
});

describe('the wall clock', () => {
  it('can go back without a call lost or written twice', async () => {
    const engine = start();
    for (let turn = 0; turn < 10; turn++) {
      jest.setSystemTime(1.7e12 - turn * 3_600_000);
      database.outcomes.push('unanswered');
      engine.record(10);
      await jest.advanceTimersByTimeAsync(5000);
    }
    expect([database.calls.size, database.violations]).toEqual([100, []]);
  });
});

describe('a store on a shared database', () => {
  const storeOf = (kind: 'postgres' | 'clickhouse'): ThreadedStore => {
    const description = { kind, where: 'db:5432/app', settings: {}, buffer: 'memory' as const };
    return new ThreadedStore(sharedSettings(describeSharedStore(description), instance()), undefined, null);
  };

  it('remembers the fleet, and shares budgets if the database can decide for all instances at once', () => {
    const [postgres, clickhouse] = [storeOf('postgres'), storeOf('clickhouse')];
    expect([postgres.remembers, clickhouse.remembers]).toEqual(['fleet', 'fleet']);
    expect(postgres.fleet!.shareBudget).toBeDefined();
    expect(clickhouse.fleet!.shareBudget).toBeUndefined();
  });
});
