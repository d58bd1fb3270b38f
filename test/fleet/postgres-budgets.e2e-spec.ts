import { randomUUID } from 'node:crypto';
import type { FleetCoordination } from '../../src/llm-telemetry/store/fleet.js';
import { TestInstance } from '../support/deliveries.js';
import { Fleet, type Spending } from '../support/fleet.js';
import { PostgresDatabase } from '../support/postgres-database.js';
import { opened } from '../support/shared-database.js';
import { IS_LONG } from './long.js';

/** Part of a limit that a fleet can spend beyond it. */
const MAX_OVER = 0.05;

describe('budgets of a fleet with a database in PostgreSQL', () => {
  const database = new PostgresDatabase();
  beforeAll(() => database.start());
  afterAll(() => database.stop());
  beforeEach(() => database.reset());

  async function coordinators(count: number): Promise<FleetCoordination[]> {
    const members: FleetCoordination[] = [];
    for (let index = 0; index < count; index++) {
      const { own } = new TestInstance({ id: randomUUID() });
      members.push((await opened(database, { instance: own })).fleet!);
    }
    return members;
  }

  // vutran1710/PyrateLimiter#248, rafidahmed870/queue-jobs-worker#16, Kinchilla/venndra#12: a limit that was read and then
  // changed was exceeded by instances that did so at once.
  it('are never granted beyond their limit, however instances ask', async () => {
    const members = await coordinators(6);
    const request = { account: 'orders 2026-11', until: Date.now() + 86_400_000, limit: 1_000_000, known: 0 };
    const granted = members.map(() => 0);
    let spent = 0;
    for (let round = 1; round <= 20; round++) {
      await Promise.all(
        members.map(async (member, index) => {
          const used = Math.min(granted[index]!, 20_000);
          spent += used;
          const report = { ...request, number: round, spent: used, wanted: 10_000 };
          const share = await member.shareBudget!(report);
          granted[index] = share.granted;
          // The response was lost.
          if (round % 5 === 0) granted[index] = (await member.shareBudget!(report)).granted;
        }),
      );
      expect(spent + granted.reduce((sum, part) => sum + part, 0)).toBeLessThanOrEqual(request.limit);
    }
    expect(spent).toBeGreaterThan(0.8 * request.limit);
    const last = await members[0]!.shareBudget!({ ...request, number: 99, spent: 0, wanted: 0 });
    expect(last).toMatchObject({ spent, granted: 0, instances: 6 });
  });

  // BerriAI/litellm#27639: what a crashed instance had reserved was never available again.
  it('grant the share of an instance that does not ask anymore to others', async () => {
    const [one, other] = (await coordinators(2)) as [FleetCoordination, FleetCoordination];
    const until = Date.now() + 86_400_000;
    const request = { account: 'a', until, limit: 1000, known: 0, number: 1, spent: 0 };
    expect((await one.shareBudget!({ ...request, wanted: 600 })).granted).toBe(600);
    expect((await other.shareBudget!({ ...request, wanted: 600 })).granted).toBe(400);
    await database.rows(`UPDATE llm_telemetry.budget_share SET at = at - interval '61 seconds'`);
    expect((await other.shareBudget!({ ...request, number: 2, wanted: 900 })).granted).toBe(900);
  });

  // BerriAI/litellm#28247, #30460: each instance added the same spend from the database to a shared counter.
  it('count the spend that several instances know from the store once', async () => {
    const members = await coordinators(5);
    const request = { account: 'a', until: Date.now() + 86_400_000, limit: 1000, known: 300, spent: 0 };
    const shares = await Promise.all(
      members.map((member) => member.shareBudget!({ ...request, number: 1, wanted: 10 })),
    );
    expect(shares.map(({ spent }) => spent)).toEqual([300, 300, 300, 300, 300]);
  });

  describe('with "block"', () => {
    const [processes, traffic]: [number, Omit<Spending, 'budget'> & { usd: number }] = IS_LONG
      ? [20, { usd: 30, perSecond: 250, callMs: 300, costUsd: 0.001, spreadUsd: 0.0005, quietMs: 5000 }]
      : [8, { usd: 6, perSecond: 60, callMs: 200, costUsd: 0.003, spreadUsd: 0.0015, quietMs: 2000 }];
    let fleet: Fleet;
    beforeEach(() => {
      fleet = new Fleet(database);
    });
    afterEach(() => fleet.stop());

    // BerriAI/litellm#6288, #33325, #34238: instances that decide by what they know of themselves overspend together.
    it(`are exceeded by at most ${100 * MAX_OVER} % by ${processes} processes with ${traffic.perSecond} calls/s each`, async () => {
      const { usd, ...calls } = traffic;
      for (let index = 0; index < processes; index++) fleet.start();
      await fleet.all('settle', null);
      const budget = { usd, per: 'month', onExceed: 'block' } as const;
      const results = await fleet.all('spend', { ...calls, budget });
      const spentUsd = results.reduce((sum, result) => sum + result.spentUsd, 0);
      const admitMs = results.flatMap((result) => result.admitMs).toSorted((one, other) => one - other);
      if (IS_LONG)
        process.stdout.write(
          `Spent $${spentUsd.toFixed(2)} of $${usd}. Decisions: ${admitMs.length}, P50 ` +
            `${(1000 * admitMs[Math.floor(admitMs.length / 2)]!).toFixed(2)} µs, P99 ` +
            `${(1000 * admitMs[Math.floor(admitMs.length * 0.99)]!).toFixed(2)} µs.\n`,
        );
      expect(spentUsd).toBeLessThanOrEqual(usd * (1 + MAX_OVER));
      expect(spentUsd).toBeGreaterThan(0.9 * usd);
      expect(results.every(({ refused }) => refused > 0)).toBe(true);
    });
  });
});
