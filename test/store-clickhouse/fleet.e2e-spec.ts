import type { OwnInstance } from '../../src/llm-telemetry/store/core/instance.js';
import type { FleetCoordination } from '../../src/llm-telemetry/store/fleet.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { instance } from './deliveries.js';

describe('instances with one database in ClickHouse', () => {
  const server = new ClickHouseServer();
  beforeAll(() => server.start());
  beforeEach(() => server.run('DROP DATABASE IF EXISTS llm_telemetry SYNC'));
  afterAll(() => server.stop());

  async function fleet(instances: number): Promise<FleetCoordination[]> {
    const members: FleetCoordination[] = [];
    for (let index = 0; index < instances; index++) {
      const own: OwnInstance = instance(index + 1);
      const backend = server.backend({}, { instance: own });
      await backend.open();
      members.push(backend.fleet!);
    }
    return members;
  }

  const later = (seconds: number): Promise<void> =>
    server
      .run(
        `CREATE OR REPLACE TABLE llm_telemetry.moved ENGINE = MergeTree ORDER BY (key, at, claim) AS
         SELECT key, event, state, by, claim, at - INTERVAL ${seconds} SECOND AS at FROM llm_telemetry.alert`,
      )
      .then(async () => {
        await server.run('TRUNCATE TABLE llm_telemetry.alert SYNC');
        await server.run('INSERT INTO llm_telemetry.alert SELECT * FROM llm_telemetry.moved');
      });

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
      await later(31);
    }
  });

  it('take over a change whose notifier ended', async () => {
    const [one, other] = (await fleet(2)) as [FleetCoordination, FleetCoordination];
    expect(await one.claimAlert('rule', 'firing')).toBe('yours');
    expect(await other.claimAlert('rule', 'firing')).toBe('later');
    await later(61);
    expect(await other.claimAlert('rule', 'firing')).toBe('yours');
    await one.alertNotified('rule', 'firing');
    expect(await one.claimAlert('rule', 'firing')).toBe('later');
    await other.alertNotified('rule', 'firing');
    expect(await one.claimAlert('rule', 'firing')).toBe('notified');
    expect(await one.claimAlert('another rule', 'resolved')).toBe('notified');
  });
});
