import { randomUUID } from 'node:crypto';
import type { FleetCoordination } from '../../src/llm-telemetry/store/fleet.js';
import { TestInstance } from '../support/deliveries.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { postgresBackends } from '../support/postgres-store.js';

describe('instances with one database in PostgreSQL', () => {
  const backends = postgresBackends();
  let cluster: PostgresCluster;
  let url: string;

  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  }, 120_000);
  afterAll(() => cluster?.stop());
  beforeEach(async () => {
    url = await cluster.createDatabase();
  });

  async function fleet(instances: number): Promise<FleetCoordination[]> {
    const members: FleetCoordination[] = [];
    for (let index = 0; index < instances; index++) {
      const { own } = new TestInstance({ id: randomUUID() });
      const backend = await backends.open(url, {}, { instance: own });
      members.push(backend.fleet!);
    }
    return members;
  }

  const later = (table: string, seconds: number) =>
    cluster.query(`UPDATE llm_telemetry.${table} SET at = at - interval '${seconds} seconds'`, url);

  it('notify each change of an alert once', async () => {
    const members = await fleet(8);
    for (const state of ['firing', 'resolved', 'firing'] as const) {
      const claims = await Promise.all(members.map((member) => member.claimAlert('rule orders', state)));
      expect(claims.filter((claim) => claim === 'yours')).toHaveLength(1);
      expect(claims.filter((claim) => claim === 'later')).toHaveLength(7);
      await members[claims.indexOf('yours')]!.alertNotified('rule orders', state);
      const again = await Promise.all(members.map((member) => member.claimAlert('rule orders', state)));
      expect(new Set(again)).toEqual(new Set(['notified']));
      expect(await members[0]!.firingAlerts()).toEqual(state === 'firing' ? ['rule orders'] : []);
      await later('alert', 31);
    }
  });

  it('take over a change whose notifier ended', async () => {
    const [one, other] = (await fleet(2)) as [FleetCoordination, FleetCoordination];
    expect(await one.claimAlert('rule', 'firing')).toBe('yours');
    expect(await other.claimAlert('rule', 'firing')).toBe('later');
    await later('alert', 61);
    expect(await other.claimAlert('rule', 'firing')).toBe('yours');
    await one.alertNotified('rule', 'firing');
    expect(await one.claimAlert('rule', 'firing')).toBe('later');
    await other.alertNotified('rule', 'firing');
    expect(await one.claimAlert('rule', 'firing')).toBe('notified');
    expect(await one.claimAlert('another rule', 'resolved')).toBe('notified');
  });

  it('never spend more of a budget than its limit, however they ask', async () => {
    const members = await fleet(6);
    const request = { account: 'orders 2026-11', until: Date.now() + 86_400_000, limit: 1_000_000, known: 0 };
    const granted = members.map(() => 0);
    let spent = 0;
    for (let round = 1; round <= 20; round++) {
      await Promise.all(
        members.map(async (member, index) => {
          const used = Math.min(granted[index]!, 20_000);
          spent += used;
          const share = await member.shareBudget!({ ...request, number: round, spent: used, wanted: 10_000 });
          granted[index] = share.granted;
          // The response was lost.
          if (round % 5 === 0) {
            const repeated = await member.shareBudget!({
              ...request,
              number: round,
              spent: used,
              wanted: 10_000,
            });
            granted[index] = repeated.granted;
          }
        }),
      );
      expect(spent + granted.reduce((sum, part) => sum + part, 0)).toBeLessThanOrEqual(request.limit);
    }
    expect(spent).toBeGreaterThan(0.8 * request.limit);
    const last = await members[0]!.shareBudget!({ ...request, number: 99, spent: 0, wanted: 0 });
    expect(last).toMatchObject({ spent, granted: 0, instances: 6 });
  });

  it('use the share of an instance that does not ask anymore', async () => {
    const [one, other] = (await fleet(2)) as [FleetCoordination, FleetCoordination];
    const request = {
      account: 'a',
      until: Date.now() + 86_400_000,
      limit: 1000,
      known: 0,
      number: 1,
      spent: 0,
    };
    const { granted } = await one.shareBudget!({ ...request, wanted: 600 });
    expect(granted).toBe(600);
    expect((await other.shareBudget!({ ...request, wanted: 600 })).granted).toBe(400);
    await later('budget_share', 61);
    expect((await other.shareBudget!({ ...request, number: 2, wanted: 900 })).granted).toBe(900);
  });
});
