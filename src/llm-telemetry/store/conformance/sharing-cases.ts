import assert from 'node:assert/strict';
import { HOUR } from '../../units/time.js';
import type { CasesOf } from './case-names.js';
import { sharesOf, sumsOf } from './expected-measures.js';
import { allCalls, allRecords } from './expected-lists.js';
import { recentRecords } from './generated-records.js';
import { ORIGIN, recordAll } from './given.js';
import { MeasureChecks } from './measure-checks.js';
import { assertSame } from './plain.js';

const BATCH = 'api.openai.com batch_1';

export const CASES: CasesOf<'sharing'> = {
  'returns the calls of a store that was closed': async (given) => {
    const { records, range } = recentRecords(300);
    const first = await given.holding(records);
    const rows = await allCalls(first, { range });
    await first.close();
    const second = await given.reopen();
    assert.notEqual(
      second.remembers,
      'process',
      'a store that can be opened again remembers more than a process',
    );
    assertSame(await allCalls(second, { range }), rows, 'calls, with the same ids');
    assertSame(await allRecords(second, { range, order: 'asc' }), records, 'records');
    const checks = new MeasureChecks(second, records, given.originOf(), given.options);
    await checks.measure({ range, by: ['model'], bucketMs: HOUR, quantiles: true });
    assert.equal((await second.status()).kept, records.length, 'kept calls');
  },

  'returns calls that another store records, under unique ids': async (given) => {
    const { records, range } = recentRecords(400);
    const older = await given.open();
    const other = { ...ORIGIN, version: '2.0.0', instance: 'shop-1' };
    const newer = await given.reopen(other);
    const [ofOlder, ofNewer] = [0, 1].map((half) => records.filter((_, index) => index % 2 === half));
    // Both write at the same time.
    await Promise.all([recordAll(older, ofOlder!), recordAll(newer, ofNewer!)]);
    for (const store of [older, newer]) {
      const rows = await allCalls(store, { range, order: 'asc', limit: 150 });
      assert.equal(new Set(rows.map(({ id }) => id)).size, records.length, 'distinct ids');
      assertSame(await allRecords(store, { range, order: 'asc', limit: 150 }), records, 'records of both');
      const { groups } = await store.measure({ range, by: ['version'] });
      const expected = [
        { origin: given.originOf(), records: ofOlder! },
        { origin: given.originOf(other), records: ofNewer! },
      ].map(({ origin, records: own }) => ({ version: origin.version, ...sumsOf(sharesOf(own, origin)) }));
      if (given.options.origins === false) continue;
      for (const { version, ...sums } of expected) {
        const measures = groups.find(({ names }) => names.version === version)?.measures;
        assertSame(
          { ...sums, ...measures, duration: null, firstToken: null },
          { ...sums, duration: null, firstToken: null },
          `version ${version}`,
        );
      }
      const { calls } = await store.calls({ range, where: { instance: ['shop-1'] }, limit: 1000 });
      assert.equal(calls.length, ofNewer!.length, 'calls of one instance');
    }
  },

  'shares claims of batches with other stores': async (given) => {
    const [one, other] = [(await given.open()).batches, (await given.reopen()).batches];
    if (!one || !other) return;
    await one.remember({ key: BATCH, resultKeys: [], creator: { feature: 'digests', operation: 'submit' } });
    const items = Array.from({ length: 200 }, (_, index) => `item-${index}`);
    const claims = await Promise.all([one.claim(BATCH, items), other.claim(BATCH, items)]);
    const counts = items.map((_, index) => claims.filter(({ isNew }) => isNew[index]).length);
    assert(
      counts.every((count) => count === 1),
      'each item is new once',
    );
    assertSame(
      claims.map(({ creator }) => creator?.feature),
      ['digests', 'digests'],
      'creators',
    );
    await other.complete(BATCH);
    assertSame(
      (await one.claim(BATCH, ['item-201'])).isNew,
      [false],
      'an item after the batch was completed',
    );
  },
};
