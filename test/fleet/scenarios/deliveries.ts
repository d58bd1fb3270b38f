import { readMeasures } from '../../../src/llm-telemetry/store/core/read-measures.js';
import type { SharedBackend } from '../../../src/llm-telemetry/store/core/shared-backend.js';
import { DAY } from '../../../src/llm-telemetry/units/time.js';
import { callRecord } from '../../support/call-record.js';
import { TestInstance } from '../../support/deliveries.js';
import {
  onceEach,
  opened,
  sourceOf,
  storedTotals,
  type SharedDatabase,
} from '../../support/shared-database.js';

/** Calls that instances deliver to one database, in the process of the test. */
export function deliveryScenarios(database: SharedDatabase): void {
  const COST_UNITS = 1_000_000_000;

  async function expectStored(calls: number): Promise<void> {
    expect(await storedTotals(database)).toEqual(onceEach({ calls, units: calls * COST_UNITS }));
  }

  describe('a delivery', () => {
    beforeEach(() => database.reset());

    it('is written once, also if it is repeated, or several processes deliver it at once', async () => {
      const [one, other] = [await opened(database), await opened(database)];
      const instance = new TestInstance();
      const first = instance.deliver(callRecord(), callRecord());
      await Promise.all([one.write(first), other.write(first)]);
      const second = instance.deliver(callRecord());
      await one.write(second);
      for (const delivery of [first, second]) {
        await one.write(delivery);
        await (await opened(database)).write(delivery);
      }
      await expectStored(3);
    });

    // A store that adds names when it sees them must know those of other instances.
    it('counts calls of names beyond the limits as "other", except the names of budgets', async () => {
      const limits = { names: 100, series: { 0: 3, 1: 2, 2: 2 } };
      const reservedNames = { features: ['budgeted'], tenants: ['paying'] };
      const call = (feature: string, tenantId: string) => callRecord({ feature, identity: { tenantId } });
      const early = await opened(database, { limits, reservedNames });
      for (const name of ['a', 'b', 'c', 'd', 'budgeted'])
        await early.write(new TestInstance().deliver(call(name, `tenant-${name}`)));
      const late = await opened(database, { limits, reservedNames });
      await late.write(new TestInstance().deliver(call('a', 'paying'), call('e', 'tenant-e')));
      const names = async (by: 'feature' | 'tenant') => {
        const range = { from: Date.now() - DAY, to: Date.now() + DAY };
        const { groups } = await readMeasures(sourceOf(late), { range, by: [by] });
        return Object.fromEntries(groups.map(({ names, measures }) => [names[by]!, measures.calls]));
      };
      const features = await names('feature');
      expect(features).toMatchObject({ budgeted: 1, a: 2 });
      expect(features['other']).toBeGreaterThan(0);
      expect(features['e']).toBeUndefined();
      const tenants = await names('tenant');
      expect(tenants).toMatchObject({ paying: 1 });
      expect(tenants['tenant-e']).toBeUndefined();
      for (const counts of [features, tenants])
        expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(7);
    });

    it('is not written to a newer layout than known', async () => {
      const backend = await opened(database);
      const newer = database.faults.find(({ trouble }) => trouble === 'newer_version')!;
      await newer.begin();
      await expect(database.backend().open()).rejects.toMatchObject({ trouble: 'newer_version' });
      // ClickHouse is checked by it.
      await backend.upkeep().catch(() => undefined);
      await expect(backend.write(new TestInstance().deliver(callRecord()))).rejects.toMatchObject({
        trouble: 'newer_version',
      });
      await newer.end();
      await backend.write(new TestInstance().deliver(callRecord()));
      await expectStored(1);
    });
  });

  describe('a batch of an LLM API', () => {
    const key = 'api.openai.com batch_1';
    const results = 'api.openai.com file_1';
    const creator = { feature: 'nightly', operation: 'classify' };
    let one: SharedBackend;
    let other: SharedBackend;
    beforeEach(async () => {
      await database.reset();
      [one, other] = [await opened(database), await opened(database)];
    });

    const sumOf = (endedAt: number) =>
      callRecord({ endedAt, durationMs: 0, batch: { id: 'batch_1', item: null } });

    it('has one creator, and each item once', async () => {
      await one.batches.remember({ key, resultKeys: [results], creator });
      await other.batches.remember({ key, resultKeys: [results], creator: { feature: 'x', operation: 'y' } });
      expect(await one.batches.claim(results, ['a', 'b', 'a'])).toEqual({
        isNew: [true, true, false],
        creator,
        replacesSum: false,
      });
      expect(await other.batches.claim(results, ['b', 'c'])).toMatchObject({ isNew: [false, true], creator });
      await one.batches.complete(results);
      expect(await other.batches.claim(results, ['d'])).toMatchObject({ isNew: [false] });
    });

    it('gives each item to one of the processes that claim it at the same time', async () => {
      const items = Array.from({ length: 50 }, (_, index) => `item-${index}`);
      const claims = await Promise.all(
        [one, other, one, other].map(({ batches }) => batches.claim(results, items)),
      );
      for (const index of items.keys()) expect(claims.filter(({ isNew }) => isNew[index])).toHaveLength(1);
    });

    it('counts its sum once, and not beside its items', async () => {
      const endedAt = Date.now() - 1000;
      const sums = await Promise.all([one, other].map(({ batches }) => batches.claimSum(key, endedAt)));
      expect(sums.filter(({ isNew }) => isNew)).toHaveLength(1);
      await one.write(new TestInstance().deliver(sumOf(endedAt), callRecord()));
      await expectStored(2);
      expect(await other.batches.claim(key, ['a'])).toMatchObject({ isNew: [true], replacesSum: true });
      await expectStored(1);
    });

    it('does not count a sum that is delivered after its items', async () => {
      const endedAt = Date.now() - 1000;
      await one.batches.claimSum(key, endedAt);
      expect(await other.batches.claim(key, ['a'])).toMatchObject({ replacesSum: true });
      const delivery = new TestInstance().deliver(sumOf(endedAt), callRecord());
      await one.write(delivery);
      await other.write(delivery);
      await expectStored(1);
      expect(await one.batches.claimSum(key, endedAt)).toMatchObject({ isNew: false });
    });
  });
}
