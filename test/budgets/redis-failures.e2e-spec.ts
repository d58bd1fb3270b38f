import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { Budget, BudgetLedger, LedgerAccount } from 'nestjs-llm-telemetry';
import { redisLedger } from 'nestjs-llm-telemetry/redis';
import { Budgets } from '../../src/llm-telemetry/budgets/budgets.js';
import { periodAt } from '../../src/llm-telemetry/budgets/period-spend.js';
import { faultCount } from '../../src/llm-telemetry/wire/guard.js';
import { callRecord } from '../support/call-record.js';
import { CapturedLogger } from '../support/captured-logger.js';
import { freePort } from '../support/free-port.js';
import { NodeProcess } from '../support/node-process.js';
import { poll } from '../support/poll.js';
import { RedisServer } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** What happens to budgets while Redis is away, and when it has lost data. */

const BUDGET: Budget = { feature: 'chat', usd: 1, per: 'month', onExceed: 'block' };
const CHAT = { feature: 'chat', operation: 'reply' };
const ACCOUNT: LedgerAccount = {
  key: 'feature=chat/month',
  budget: BUDGET,
  ...periodAt('month', Date.now()),
};
const KEY = `llm_telemetry:${ACCOUNT.key}`;

let redis: RedisServer;
let logger: CapturedLogger;
const closed: Array<() => unknown> = [];
beforeEach(async () => {
  logger = new CapturedLogger();
  Logger.overrideLogger(logger);
  redis = await RedisServer.start();
});
afterEach(async () => {
  for (const close of closed.splice(0).toReversed()) await close();
  await redis.stop();
  Logger.overrideLogger(['log', 'warn', 'error']);
});

type Ledger = Required<Pick<BudgetLedger, 'add' | 'spent' | 'shareBudget' | 'close'>>;

function open(port = redis.port): Ledger {
  const ledger = redisLedger({ connection: { host: '127.0.0.1', port } }) as Ledger;
  closed.push(() => ledger.close());
  return ledger;
}

const add = (ledger: Ledger, usd: number): Promise<void> => ledger.add(ACCOUNT, { usd, unknownCalls: 0 });
const spent = async (ledger: Ledger): Promise<number> => (await ledger.spent(ACCOUNT)).usd;
const logged = (): string[] => logger.entries.map(({ level, text }) => `${level} ${text}`);
const share = (ledger: Ledger, number: number, units: number) =>
  ledger.shareBudget({
    account: ACCOUNT.key,
    until: ACCOUNT.to,
    limit: 1e12,
    number,
    spent: units,
    known: 0,
    wanted: 10,
  });

describe('spend in a Redis that has lost data', () => {
  const LOSSES: ReadonlyArray<[string, () => Promise<unknown>]> = [
    [
      'restarts empty',
      async () => {
        await redis.halt();
        await redis.resume();
      },
    ],
    ['evicts the key', () => redis.command('DEL', KEY)],
    // BerriAI/litellm#30684: a server that restarts with an old snapshot admits calls over the budget.
    [
      'restarts with an old snapshot',
      () => redis.command('HSET', KEY, 'usd', '100000000000', 'shared', '100000000000'),
    ],
  ];

  // BerriAI/litellm#28247: each pod adds what it knows, so the counter is a multiple of the spend.
  it.each(LOSSES)('is what the instances know, once: the server %s', async (_, lose) => {
    const ledgers = [open(), open(), open()];
    for (const [index, ledger] of ledgers.entries()) {
      await add(ledger, 0.125);
      await share(ledger, 1, 125e9);
      if (index === 2) for (const each of ledgers) await spent(each);
    }
    await lose();
    for (const ledger of ledgers) await spent(ledger).catch(() => undefined);
    for (const ledger of ledgers) expect(await spent(ledger)).toBe(0.375);
    await add(ledgers[1]!, 0.0625);
    expect(await spent(ledgers[0]!)).toBe(0.4375);
    expect(await share(ledgers[2]!, 2, 0)).toMatchObject({ spent: 437_500_000_000 });
  });

  // express-rate-limit/rate-limit-redis#71, vutran1710/PyrateLimiter#182: scripts are forgotten by a failover.
  it('is counted once if the server has forgotten the scripts', async () => {
    const ledger = open();
    await add(ledger, 0.5);
    await redis.command('SCRIPT', 'FLUSH');
    await add(ledger, 0.25);
    expect(await spent(ledger)).toBe(0.75);
  });
});

describe('spend whose confirmation is lost', () => {
  // BerriAI/litellm#30460, express-rate-limit/rate-limit-redis#251: a timed-out increment is repeated, and counted twice.
  it('is counted once, together with later spend', async () => {
    const proxy = await TcpProxy.start(redis.port);
    closed.push(() => proxy.stop());
    const ledger = open(proxy.port);
    await add(ledger, 0.25);
    await share(ledger, 1, 100);
    proxy.cutResponseTo(KEY);
    await expect(add(ledger, 0.125)).rejects.toThrow('cannot be used');
    expect(await redis.command('HGET', KEY, 'usd')).toBe('375000000000');
    proxy.cutResponseTo(KEY);
    await expect(add(ledger, 0.1875)).rejects.toThrow('cannot be used');
    await add(ledger, 0.25);
    expect(await spent(ledger)).toBe(0.5);
    proxy.cutResponseTo(KEY);
    await expect(share(ledger, 2, 50)).rejects.toThrow('cannot be used');
    await share(ledger, 2, 50);
    expect(await redis.command('HGET', KEY, 'shared')).toBe('150');
  });
});

describe('a Redis that is away', () => {
  it('is logged once, and once when it can be used again', async () => {
    const ledger = open();
    await add(ledger, 0.25);
    await redis.halt();
    for (let times = 0; times < 3; times++) await expect(add(ledger, 0.5)).rejects.toThrow('cannot be used');
    await redis.resume();
    await add(ledger, 0.5);
    expect(await spent(ledger)).toBe(0.75);
    expect(logged()).toEqual([
      expect.stringMatching(
        /^warn Budgets: Redis \(127\.0\.0\.1:\d+\) cannot be used: \w+\. Budgets that refuse calls go on/,
      ),
      expect.stringMatching(/^log Budgets: Redis \(127\.0\.0\.1:\d+\) can be used again\.$/),
    ]);
  });

  // redis/ioredis#144: after a failover, clients stay connected to the replica.
  it.each<[string, string[], string[], string]>([
    ['is read-only', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], 'READONLY'],
    ['is full', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], 'OOM'],
    [
      'rejects the login',
      ['CONFIG', 'SET', 'requirepass', 'x'],
      ['CONFIG', 'SET', 'requirepass', ''],
      'NOAUTH',
    ],
  ])('says why: it %s', async (_, [name, ...args], [undo, ...undoArgs], cause) => {
    const admin = new Redis(redis.url);
    closed.push(() => admin.disconnect());
    const ledger = open();
    await add(ledger, 0.25);
    await admin.call(name!, ...args);
    if (cause === 'NOAUTH') await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await expect(add(ledger, 0.25)).rejects.toThrow();
    await expect(add(ledger, 0.25)).rejects.toThrow(cause);
    await admin.call(undo!, ...undoArgs);
    await add(ledger, 0.25);
    expect(await spent(ledger)).toBe(0.5);
  });

  // redis/ioredis#634, #139: a connection without responses is never given up.
  it('is given up if it does not respond, and used again when it does', async () => {
    const proxy = await TcpProxy.start(redis.port);
    closed.push(() => proxy.stop());
    const ledger = open(proxy.port);
    await add(ledger, 0.25);
    proxy.freeze();
    await expect(add(ledger, 0.25)).rejects.toThrow('no response');
    await expect(add(ledger, 0.25)).rejects.toThrow('cannot be used');
    expect(proxy.connections).toBe(2);
    proxy.thaw();
    await add(ledger, 0.25);
    expect(await spent(ledger)).toBe(0.5);
  });

  // animir/node-rate-limiter-flexible#184, redis/ioredis#285: requests wait in the client's queue until Redis is back.
  it('gets at most four requests about a budget through a client of the application', async () => {
    const proxy = await TcpProxy.start(redis.port);
    const client = new Redis({ host: '127.0.0.1', port: proxy.port, maxRetriesPerRequest: null });
    closed.push(
      () => proxy.stop(),
      () => client.disconnect(),
    );
    const ledger = redisLedger({ client }) as Ledger;
    await share(ledger, 1, 10);
    proxy.freeze();
    const responses = Array.from({ length: 50 }, () => share(ledger, 2, 10));
    expect((await Promise.allSettled(responses)).every(({ status }) => status === 'rejected')).toBe(true);
    proxy.thaw();
    const last = await poll(
      () => share(ledger, 2, 10).catch(() => undefined),
      () => 'the ledger is away',
    );
    expect(last).toMatchObject({ spent: 20 });
    expect(String(await redis.command('INFO', 'commandstats'))).toMatch(/cmdstat_evalsha:calls=6,/);
  });
});

describe('a process with a ledger that is not closed', () => {
  const ROOT = join(import.meta.dirname, '../..');

  it.each([
    ['Redis responds', () => redis.port],
    ['Redis is away', () => freePort()],
  ])('ends by itself: %s', async (_, port) => {
    const script = `
      import { redisLedger } from 'nestjs-llm-telemetry/redis';
      const ledger = redisLedger({ connection: 'redis://127.0.0.1:${await port()}' });
      const account = { key: 'a', budget: {}, from: 0, to: Date.now() };
      console.log(await ledger.spent(account).catch(({ name }) => name));`;
    const child = new NodeProcess(['--input-type=module', '-e', script], { cwd: ROOT });
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stdout).toMatch(/usd: 0|LedgerAwayError/);
  });
});

describe('budgets whose Redis is away', () => {
  function budgetsOf(port: number, budget: Partial<Budget> = {}): Budgets {
    const ledger = open(port);
    return new Budgets([{ ...BUDGET, ...budget }], ledger, Date.now, {}, ledger);
  }

  function admits(budgets: Budgets): boolean {
    const verdict = budgets.admit(CHAT, {});
    if (typeof verdict === 'object' && 'release' in verdict) verdict.release();
    return !(verdict instanceof Error);
  }

  const call = (usd: number) =>
    callRecord({ ...CHAT, attempts: [{ cost: { source: 'table', costUsd: usd } as never }] });

  it.each([
    ['admit', true],
    ['refuse', false],
  ] as const)('%s calls by the option whenAway, without a fault of telemetry', async (whenAway, expected) => {
    const faults = faultCount();
    const budgets = budgetsOf(await freePort(), { whenAway });
    await budgets.onModuleInit();
    expect(admits(budgets)).toBe(expected);
    expect(budgets.list()[0]!.ledger).toBe('away');
    budgets.record(call(0.5));
    expect(budgets.list()[0]!.spentUsd).toBe(0.5);
    await budgets.stop();
    expect(faultCount()).toBe(faults);
    expect(logged().filter((text) => text.includes('Redis'))).toHaveLength(1);
  });

  it('refuse calls at the limit that the instance knows, and count its spend when Redis is back', async () => {
    const budgets = budgetsOf(redis.port);
    await budgets.onModuleInit();
    await redis.halt();
    budgets.record(call(0.75));
    expect(admits(budgets)).toBe(true);
    budgets.record(call(0.25));
    expect(admits(budgets)).toBe(false);
    await redis.resume();
    await budgets.stop();
    const [key] = (await redis.command('KEYS', '*')) as string[];
    expect(await redis.command('HGET', key!, 'usd')).toBe('1000000000000');
  });
});
