import { randomUUID } from 'node:crypto';
import type { FleetCoordination } from '../../../src/llm-telemetry/store/fleet.js';
import { TestInstance } from '../../support/deliveries.js';
import { Fleet } from '../../support/fleet.js';
import { callRecord } from '../../support/call-record.js';
import { opened, type SharedDatabase } from '../../support/shared-database.js';
import { HOUR, MINUTE } from '../../../src/llm-telemetry/units/time.js';
import { IS_LONG } from '../long.js';

/** Instances that notify alerts. */
export function alertScenarios(database: SharedDatabase): void {
  describe('claims of alerts', () => {
    beforeEach(() => database.reset());

    async function coordinators(count: number): Promise<FleetCoordination[]> {
      const members: FleetCoordination[] = [];
      for (let index = 0; index < count; index++) {
        const { own } = new TestInstance({ id: randomUUID() });
        members.push((await opened(database, { instance: own })).fleet!);
      }
      return members;
    }

    // apache/dolphinscheduler#17375, grafana/grafana#71203: each instance sent the same alert.
    it('give each change of an alert to one instance', async () => {
      const members = await coordinators(8);
      for (const state of ['firing', 'resolved', 'firing'] as const) {
        const claims = await Promise.all(members.map((member) => member.claimAlert('rule orders', state)));
        expect(claims.filter((claim) => claim === 'yours')).toHaveLength(1);
        expect(claims.filter((claim) => claim === 'later')).toHaveLength(7);
        await members[claims.indexOf('yours')]!.alertNotified('rule orders', state);
        const again = await Promise.all(members.map((member) => member.claimAlert('rule orders', state)));
        expect(new Set(again)).toEqual(new Set(['notified']));
        expect(await members[0]!.firingAlerts()).toEqual(state === 'firing' ? ['rule orders'] : []);
        await database.ageAlerts(31);
      }
    });

    // JasperFx/wolverine#2602, oban-bg/oban#1488: an instance that was replaced went on as if it were not.
    it('are taken over from an instance that ended, which cannot confirm them later', async () => {
      const [one, other] = (await coordinators(2)) as [FleetCoordination, FleetCoordination];
      expect(await one.claimAlert('rule', 'firing')).toBe('yours');
      expect(await other.claimAlert('rule', 'firing')).toBe('later');
      await database.ageAlerts(61);
      expect(await other.claimAlert('rule', 'firing')).toBe('yours');
      await one.alertNotified('rule', 'firing');
      expect(await one.claimAlert('rule', 'firing')).toBe('later');
      await other.alertNotified('rule', 'firing');
      expect(await one.claimAlert('rule', 'firing')).toBe('notified');
      expect(await one.claimAlert('another rule', 'resolved')).toBe('notified');
    });
  });

  describe('processes that evaluate alerts', () => {
    /** ClickHouse takes seconds for a thousand claims. */
    const [processes, alerts] = IS_LONG || database.kind === 'postgres' ? [20, 50] : [8, 10];
    let fleet: Fleet;
    beforeEach(async () => {
      await database.reset();
      fleet = new Fleet(database);
    });
    afterEach(() => fleet.stop());

    it(`notify ${2 * alerts} changes once each, although two of ${processes} are killed before they notify theirs`, async () => {
      const start = Math.floor(Date.now() / HOUR) * HOUR - 2 * HOUR;
      for (let index = 0; index < processes; index++) fleet.start();
      const limits = { error_ratio: { limit: 0.5, windowMs: MINUTE, forMs: 0, minimum: 1 } } as const;
      const doomed = { firing: fleet.members[0]!, resolved: fleet.members[1]! };
      await Promise.all(
        fleet.members.map((member, index) => {
          const endsAtClaim = (['firing', 'resolved'] as const)[index];
          return member.ask('watch', { at: start, limits, disabled: OTHER_ALERTS, endsAtClaim });
        }),
      );
      /** Evaluates in all processes at once. */
      const evaluate = (at: number) =>
        Promise.all(
          fleet.members.filter(({ hasEnded }) => !hasEnded).map((member) => member.ask('evaluate', { at })),
        );
      await evaluate(start);
      const writer = await opened(database);
      const instance = new TestInstance();
      const expected: string[] = [];
      for (const [minute, state] of [
        [1, 'firing'],
        [3, 'resolved'],
      ] as const) {
        const endedAt = start + minute * MINUTE;
        const features = Array.from({ length: alerts }, (_, index) => `feature-${index}`);
        const failure =
          state === 'firing' ? ({ type: 'timeout', errorClass: 'TimeoutError' } as const) : null;
        await writer.write(
          instance.deliver(...features.map((feature) => callRecord({ feature, endedAt, failure }))),
        );
        const at = endedAt + MINUTE - 1;
        await expect(doomed[state].ask('evaluate', { at })).rejects.toThrow('ended with SIGKILL');
        await evaluate(at);
        // What the killed process had claimed is free after a minute.
        await database.ageAlerts(61);
        await evaluate(at);
        expected.push(...features.map((feature) => `error_ratio{feature="${feature}"} ${state}`));
        await database.ageAlerts(61);
      }
      await evaluate(start + 4 * MINUTE);
      const notified = fleet.members.flatMap((member) => member.notified);
      expect(notified.toSorted()).toEqual(expected.toSorted());
    });
  });
}

const OTHER_ALERTS = [
  'high_latency',
  'truncation_spike',
  'rate_limiting',
  'cost_spike',
  'content_filter',
  'unpriced_calls',
  'missing_usage',
  'budget_burn',
  'traffic_gone',
] as const;
