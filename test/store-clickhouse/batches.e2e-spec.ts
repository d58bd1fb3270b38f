import type { CallRecord } from 'nestjs-llm-telemetry';
import type { SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { callRecord } from '../support/call-record.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { Deliveries, instance } from './deliveries.js';
import { expectedTotals, storedTotals } from './totals.js';

const KEY = 'api.openai.com batch_1';
const RESULTS = 'api.openai.com file_1';

describe('batches in a store in ClickHouse', () => {
  const server = new ClickHouseServer();
  let one: SharedBackend;
  let other: SharedBackend;
  beforeAll(() => server.start());
  beforeEach(async () => {
    await server.run('DROP DATABASE IF EXISTS llm_telemetry SYNC');
    [one, other] = [server.backend(), server.backend()];
    await one.open();
    await other.open();
  });
  afterAll(() => server.stop());

  const sum = (endedAt: number): CallRecord =>
    callRecord({ endedAt, durationMs: 0, batch: { id: 'batch_1', item: null } });

  it('know who created them, and each item once', async () => {
    const creator = { feature: 'nightly', operation: 'classify' };
    await one.batches.remember({ key: KEY, resultKeys: [RESULTS], creator });
    await other.batches.remember({
      key: KEY,
      resultKeys: [RESULTS],
      creator: { feature: 'x', operation: 'y' },
    });
    expect(await one.batches.claim(RESULTS, ['a', 'b', 'a'])).toEqual({
      isNew: [true, true, false],
      creator,
      replacesSum: false,
    });
    expect(await other.batches.claim(RESULTS, ['b', 'c'])).toMatchObject({ isNew: [false, true], creator });
    await one.batches.complete(RESULTS);
    expect(await other.batches.claim(RESULTS, ['d'])).toMatchObject({ isNew: [false] });
  });

  it('give each item to one of the processes that claim it at the same time', async () => {
    const items = Array.from({ length: 50 }, (_, index) => `item-${index}`);
    const claims = await Promise.all(
      [one, other, one, other].map(({ batches }) => batches.claim(RESULTS, items)),
    );
    for (const index of items.keys()) expect(claims.filter(({ isNew }) => isNew[index])).toHaveLength(1);
  });

  it('count their sum once, and not beside their items', async () => {
    const endedAt = Date.now() - 1000;
    const sums = await Promise.all([one, other].map(({ batches }) => batches.claimSum(KEY, endedAt)));
    expect(sums.filter(({ isNew }) => isNew)).toHaveLength(1);
    const kept = callRecord({ endedAt });
    await one.write(new Deliveries(instance(1), 1).next([sum(endedAt), kept]));
    expect(await other.batches.claim(KEY, ['a'])).toMatchObject({ isNew: [true], replacesSum: true });
    expect(await one.batches.claim(KEY, ['b'])).toMatchObject({ isNew: [true], replacesSum: true });
    expect(await storedTotals(server)).toEqual(expectedTotals([kept]));
  });

  it('do not count a sum that is delivered after their items', async () => {
    const endedAt = Date.now() - 1000;
    await one.batches.claimSum(KEY, endedAt);
    expect(await other.batches.claim(KEY, ['a'])).toMatchObject({ replacesSum: true });
    const kept = callRecord({ endedAt });
    const delivery = new Deliveries(instance(1), 1).next([sum(endedAt), kept]);
    await one.write(delivery);
    await other.write(delivery);
    expect(await storedTotals(server)).toEqual(expectedTotals([kept]));
    expect(await one.batches.claimSum(KEY, endedAt)).toMatchObject({ isNew: false });
  });
});
