import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { Cluster, Redis } from 'ioredis';
import type { Budget, BudgetLedger, BudgetShareRequest, LedgerAccount } from 'nestjs-llm-telemetry';
import { redisLedger } from 'nestjs-llm-telemetry/redis';
import { Budgets } from '../../src/llm-telemetry/budgets/budgets.js';
import { periodAt } from '../../src/llm-telemetry/budgets/period-spend.js';
import { createBudgets } from '../../src/llm-telemetry/nest/create-parts.js';
import { allocate } from '../../src/llm-telemetry/store/core/budget-shares.js';
import { DAY } from '../../src/llm-telemetry/units/time.js';
import { callRecord } from '../support/call-record.js';
import { poll } from '../support/poll.js';
import { RedisServer, startRedisCluster } from '../support/redis-server.js';

/** Budgets of instances without a shared store that count in Redis. */

const BUDGET: Budget = { feature: 'chat', usd: 30, per: 'month', onExceed: 'block' };
const CHAT = { feature: 'chat', operation: 'reply' };

let redis: RedisServer;
const ledgers: BudgetLedger[] = [];
const clients: Redis[] = [];
beforeAll(async () => {
  Logger.overrideLogger(false);
  redis = await RedisServer.start();
});
afterAll(async () => {
  Logger.overrideLogger(['log', 'warn', 'error']);
  await redis.stop();
});
beforeEach(() => redis.command('FLUSHALL'));
afterEach(async () => {
  for (const ledger of ledgers.splice(0)) await ledger.close!();
  for (const client of clients.splice(0)) client.disconnect();
});

function open(prefix?: string): BudgetLedger & Required<Pick<BudgetLedger, 'add' | 'shareBudget'>> {
  const ledger = redisLedger({ connection: redis.url, prefix });
  ledgers.push(ledger);
  return ledger as ReturnType<typeof open>;
}

function account(key = 'feature=chat/month'): LedgerAccount {
  return { key, budget: BUDGET, ...periodAt('month', Date.now()) };
}

function request(differences: Partial<BudgetShareRequest> = {}): BudgetShareRequest {
  const { key, to } = account();
  return { account: key, until: to, limit: 1000, number: 1, spent: 0, known: 0, wanted: 10, ...differences };
}

describe('a ledger in Redis', () => {
  it('grants the same shares as a database does', async () => {
    const units = fc.integer({ min: 0, max: 1_000_000 });
    const anyRequest = fc.record({
      instance: fc.nat(4),
      number: fc.integer({ min: 1, max: 6 }),
      spent: units,
      known: units,
      wanted: fc.oneof(fc.constant(0), units),
    });
    const budget = fc.record({
      limit: fc.integer({ min: 1, max: 20_000_000 }),
      requests: fc.array(anyRequest, { maxLength: 20 }),
    });
    const instances = Array.from({ length: 5 }, () => open());
    await fc.assert(
      fc.asyncProperty(budget, async ({ limit, requests }) => {
        const key = randomUUID();
        let spent = 0;
        const rows = new Map<number, { number: number; granted: number }>();
        for (const { instance, ...rest } of requests) {
          const asked = { ...request({ ...rest, limit }), account: key };
          const others = [...rows].filter(([other]) => other !== instance).map(([, { granted }]) => granted);
          const own = rows.get(instance) ?? null;
          const isNew = own === null || rest.number > own.number;
          spent += isNew ? rest.spent : 0;
          const expected = allocate(
            { ...asked, spent: isNew ? rest.spent : 0 },
            {
              spent: spent - (isNew ? rest.spent : 0),
              own,
              others: { count: others.length, granted: others.reduce((sum, part) => sum + part, 0) },
            },
          );
          rows.set(instance, {
            number: Math.max(own?.number ?? 0, rest.number),
            granted: expected.granted,
          });
          expect(await instances[instance]!.shareBudget(asked)).toEqual(expected.share);
        }
      }),
      { numRuns: 60 },
    );
  });

  // redis/redis#1118, #3224 and #1526: numbers of Lua lose digits above 2^53, or become 1e+16.
  it('adds amounts of any size to the last unit', async () => {
    const [one, other] = [open(), open()];
    for (let day = 0; day < 8; day++) await one.add(account(), { usd: 1999.000000000001, unknownCalls: 1 });
    await other.add(account(), { usd: 0.000000000001, unknownCalls: 2 });
    const { key } = account();
    expect(await redis.command('HMGET', `llm_telemetry:${key}`, 'usd', 'unknown')).toEqual([
      '15992000000000009',
      '10',
    ]);
    expect(await one.spent(account())).toEqual({ usd: 15_992.000000000009, unknownCalls: 10 });
    const share = { limit: 5e16, wanted: 1e15 };
    await one.shareBudget(request({ ...share, spent: 9_007_199_254_740_991 }));
    await one.shareBudget(request({ ...share, number: 2, spent: 9_007_199_254_740_991 }));
    expect(await redis.command('HGET', `llm_telemetry:${key}`, 'shared')).toBe('18014398509481982');
    const { granted, spent, free } = await one.shareBudget(request({ ...share, number: 3, spent: 1 }));
    expect(granted).toBeGreaterThan(1e15);
    expect(granted + spent + free).toBe(5e16);
  });

  it('keeps each budget in one key, which expires a day after its period', async () => {
    const ledger = open('orders:');
    await ledger.add(account(), { usd: 1, unknownCalls: 0 });
    await ledger.shareBudget(request());
    const { key, to } = account();
    expect(await redis.command('KEYS', '*')).toEqual([`orders:${key}`]);
    expect(Number(await redis.command('PTTL', `orders:${key}`)) + Date.now()).toBeCloseTo(to + DAY, -4);
  });

  it('keeps the budgets of services with different prefixes apart', async () => {
    const [orders, support] = [open('orders:'), open('support:')];
    await orders.add(account(), { usd: 1, unknownCalls: 0 });
    expect(await support.spent(account())).toEqual({ usd: 0, unknownCalls: 0 });
  });

  it('keeps a budget for an hour if the clock of Redis is ahead of the period', async () => {
    const ledger = open();
    const from = Date.UTC(2020, 0);
    await ledger.add({ key: 'past', budget: BUDGET, from, to: from + DAY }, { usd: 1, unknownCalls: 0 });
    expect(Number(await redis.command('TTL', 'llm_telemetry:past'))).toBeGreaterThan(3500);
  });

  it('forgets instances that have not asked for a day', async () => {
    const [one, other] = [open(), open()];
    await one.shareBudget(request());
    const key = `llm_telemetry:${account().key}`;
    const field = ((await redis.command('HKEYS', key)) as string[]).find((name) => name.startsWith('share:'));
    await redis.command('HSET', key, field!, `1 400 ${Date.now() - 61_000}`);
    expect(await other.shareBudget(request({ wanted: 900 }))).toMatchObject({ granted: 900, instances: 1 });
    await redis.command('HSET', key, field!, `1 400 ${Date.now() - DAY - 1000}`);
    await other.shareBudget(request({ number: 2 }));
    expect(await redis.command('HEXISTS', key, field!)).toBe(0);
  });

  it('needs a role with few commands', async () => {
    const commands = '+evalsha +eval +hset +hget +hgetall +hincrby +hdel +pexpireat +time'.split(' ');
    await redis.command('ACL', 'SETUSER', 'llm', 'on', '>secret', '~llm_telemetry:*', ...commands);
    const ledger = redisLedger({ connection: `redis://llm:secret@127.0.0.1:${redis.port}` });
    ledgers.push(ledger);
    await ledger.add!(account(), { usd: 1, unknownCalls: 0 });
    expect(await ledger.spent(account())).toEqual({ usd: 1, unknownCalls: 0 });
    await redis.command('ACL', 'DELUSER', 'llm');
  });

  it.each<[string, unknown, string]>([
    ['neither', {}, 'redisLedger must have either a connection or a client.'],
    [
      'both',
      { connection: 'redis://db', client: { eval: () => 0, evalsha: () => 0 } },
      'either a connection or a client',
    ],
    [
      'another protocol',
      { connection: 'http://secret@db' },
      'redisLedger.connection is not a valid connection string',
    ],
    [
      'a client of another package',
      { client: {} },
      'redisLedger.client must be a Redis or a Cluster of ioredis',
    ],
    [
      'an empty prefix',
      { connection: 'redis://db', prefix: '' },
      'redisLedger.prefix must be a string of 1 to 200',
    ],
  ])('rejects options with %s', (_, options, sentence) => {
    expect(() => redisLedger(options as never)).toThrow(sentence);
    expect(() => redisLedger(options as never)).not.toThrow('secret');
  });
});

describe('a client that belongs to the application', () => {
  it.each([{}, { keyPrefix: 'app:' }, { enableAutoPipelining: true }])(
    'is used and not closed: %j',
    async (options) => {
      const client = new Redis(redis.url, options);
      clients.push(client);
      const ledger = redisLedger({ client, prefix: 'own:' });
      await ledger.add!(account(), { usd: 0.5, unknownCalls: 0 });
      await ledger.shareBudget!(request());
      await ledger.close!();
      expect(await client.hget(`own:${account().key}`, 'usd')).toBe('500000000000');
    },
  );

  // cristipufu/aspnetcore-redis-rate-limiting#25, stefanprodan/AspNetCoreRateLimit#289: keys of other slots in a script.
  it('can be a Redis Cluster', async () => {
    const servers = await startRedisCluster();
    const cluster = new Cluster(servers.map(({ port }) => ({ host: '127.0.0.1', port })));
    try {
      const [one, other] = [redisLedger({ client: cluster }), redisLedger({ client: cluster })];
      const keys = Array.from({ length: 30 }, (_, index) => `feature=f${index}{a/month`);
      for (const key of keys) {
        await one.add!(account(key), { usd: 0.25, unknownCalls: 0 });
        await other.add!(account(key), { usd: 0.5, unknownCalls: 0 });
        expect(await one.spent(account(key))).toEqual({ usd: 0.75, unknownCalls: 0 });
        expect(await one.shareBudget!({ ...request(), account: key, limit: 1e12 })).toMatchObject({
          spent: 75e10,
        });
      }
      const sizes = await Promise.all(servers.map((server) => server.command('DBSIZE')));
      expect(Math.min(...sizes.map(Number))).toBeGreaterThan(0);
    } finally {
      cluster.disconnect();
      for (const server of servers) await server.stop();
    }
  });
});

describe('a budget of instances that share a ledger in Redis', () => {
  const CALL_MS = 300;
  const EVERY_MS = 4;

  it('tells each instance within seconds what the others have spent', async () => {
    const create = (): Budgets =>
      createBudgets({ budgets: [{ ...BUDGET, usd: 1 }], budgetLedger: open() }, null, null)!;
    const [one, other] = [create(), create()];
    for (const budgets of [one, other]) {
      await budgets.onModuleInit();
      const verdict = budgets.admit(CHAT, {});
      if (typeof verdict === 'object' && 'release' in verdict) verdict.release();
    }
    one.record(callRecord({ ...CHAT, attempts: [{ cost: { source: 'table', costUsd: 1 } as never }] }));
    await poll(
      async () => (other.list()[0]!.exceeded ? true : undefined),
      () => 'the other instance does not know the spend',
      { timeoutMs: 10_000 },
    );
    expect(other.admit(CHAT, {})).toBeInstanceOf(Error);
    await Promise.all([one.stop(), other.stop()]);
  });

  // BerriAI/litellm#6288, #33325: replicas read the spend of others late, and exceed the limit together.
  it('is exceeded by at most 5 % by 20 instances with 250 calls a second each', async () => {
    const [usd, costUsd] = [24, 0.0006];
    const members = Array.from({ length: 20 }, () => {
      const ledger = open();
      return new Budgets([{ ...BUDGET, usd }], ledger, Date.now, {}, ledger);
    });
    await Promise.all(members.map((budgets) => budgets.onModuleInit()));
    let spentUsd = 0;
    let refused = 0;
    const record = callRecord({
      ...CHAT,
      attempts: [{ cost: { source: 'table', costUsd } as never, usage: { source: 'provider' } as never }],
    });
    const call = (budgets: Budgets): void => {
      const verdict = budgets.admit(CHAT, {});
      if (verdict instanceof Error || typeof verdict === 'string' || verdict.request({} as never))
        return void refused++;
      setTimeout(() => {
        spentUsd += costUsd;
        budgets.record(record);
        verdict.release();
      }, CALL_MS);
    };
    const startedAt = performance.now();
    let rounds = 0;
    // A fifth of the calls is refused at the end.
    const isRefused = (): boolean => refused > usd / costUsd / 5;
    while (!isRefused()) {
      for (; rounds * EVERY_MS < performance.now() - startedAt; rounds++)
        for (const budgets of members) call(budgets);
      await delay(1);
    }
    await delay(CALL_MS + 100);
    expect(spentUsd / usd).toBeGreaterThan(0.9);
    expect(spentUsd / usd).toBeLessThan(1.05);
    await Promise.all(members.map((budgets) => budgets.stop()));
    const ofAll = await open().spent({
      ...account(),
      key: `feature=chat/month/${new Date(account().from).toISOString()}`,
    });
    expect(ofAll.usd).toBeCloseTo(spentUsd, 9);
  }, 60_000);
});
