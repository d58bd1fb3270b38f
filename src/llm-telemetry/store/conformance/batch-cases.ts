import assert from 'node:assert/strict';
import type { CallRecord } from '../../calls/record.js';
import { MINUTE } from '../../units/time.js';
import type { CasesOf } from './case-names.js';
import { allRecords } from './expected-lists.js';
import { callOf } from './generated-records.js';
import { ALL_TIMES, recordAll } from './given.js';
import { MeasureChecks } from './measure-checks.js';
import { assertSame } from './plain.js';

const HOST = 'api.openai.com';
const BATCH = `${HOST} batch_1`;
const FILE = `${HOST} file-1`;
const ERRORS = `${HOST} file-2`;
const CREATOR = { feature: 'digests', operation: 'submit' };

/** The record of an item of a batch, or of the sum of its items. */
function batchRecord(endedAt: number, id: string, item: string | null): CallRecord {
  return callOf({ endedAt, durationMs: 0, batch: { id, item } });
}

/** A store without a memory of batches is allowed: then, batches are remembered in the process. */
export const CASES: CasesOf<'batches'> = {
  'remembers which items of a batch were recorded, and who created it': async (given) => {
    const { batches } = await given.open();
    if (!batches) return;
    await batches.remember({ key: BATCH, resultKeys: [], creator: CREATOR });
    await batches.remember({ key: BATCH, resultKeys: [FILE, ERRORS], creator: null });
    await batches.remember({ key: BATCH, resultKeys: [FILE], creator: { feature: 'x', operation: 'y' } });
    const first = await batches.claim(FILE, ['a', 'b']);
    assertSame(first, { isNew: [true, true], creator: CREATOR, replacesSum: false }, 'the first claim');
    const second = await batches.claim(FILE, ['b', 'c', '', 'x\0y', '🚀']);
    assertSame(second.isNew, [false, true, true, true, true], 'a second claim');
    const ofErrors = await batches.claim(ERRORS, ['a']);
    assertSame([ofErrors.isNew, ofErrors.creator], [[true], CREATOR], 'a claim of other results');
    const unknown = await batches.claim(`${HOST} file-9`, ['a', 'a']);
    assertSame(unknown, { isNew: [true, false], creator: null, replacesSum: false }, 'an unknown batch');
    const many = Array.from({ length: 5000 }, (_, index) => `item-${index}`);
    const claims = await Promise.all([batches.claim(BATCH, many), batches.claim(BATCH, many)]);
    const isNew = many.map((_, index) => claims.filter((claim) => claim.isNew[index]).length);
    assert(
      isNew.every((count) => count === 1),
      'concurrent claims: each item is new once',
    );
  },

  'has no new items of a completed batch': async (given) => {
    const { batches } = await given.open();
    if (!batches) return;
    await batches.claim(FILE, ['a', 'b']);
    await batches.complete(FILE);
    assertSame((await batches.claim(FILE, ['a', 'z'])).isNew, [false, false], 'items of completed results');
    await batches.complete(ERRORS);
    assertSame((await batches.claim(ERRORS, ['a'])).isNew, [false], 'items of results completed unseen');
    assertSame((await batches.claim(BATCH, ['a'])).isNew, [true], 'items of other results');
  },

  'replaces the sum of a batch by its items, and accepts no sum after an item': async (given) => {
    const store = await given.open();
    const { batches } = store;
    if (!batches) return;
    const endedAt = Date.now() - MINUTE;
    const kept = [
      callOf({ endedAt: endedAt - 2 }),
      batchRecord(endedAt - 1, 'batch_2', null),
      batchRecord(endedAt, 'batch_1', 'a'),
    ];
    await recordAll(store, kept);
    await batches.remember({ key: BATCH, resultKeys: [FILE], creator: CREATOR });
    assertSame(await batches.claimSum(BATCH, endedAt), { isNew: true, creator: CREATOR }, 'the first sum');
    assertSame((await batches.claimSum(BATCH, endedAt)).isNew, false, 'a second sum');
    await recordAll(store, [batchRecord(endedAt, 'batch_1', null)]);
    const range = ALL_TIMES;
    assert.equal((await store.measure({ range })).groups[0]!.measures.calls, 4, 'calls with the sum');
    assert.equal((await batches.claim(FILE, ['a'])).replacesSum, true, 'replacesSum of the first item');
    assert.equal((await batches.claim(FILE, ['b'])).replacesSum, true, 'replacesSum of the second item');
    assertSame(await allRecords(store, { range, order: 'asc' }), kept, 'calls without the sum');
    const checks = new MeasureChecks(store, kept, given.originOf(), given.options);
    const minutes = { from: endedAt - MINUTE, to: endedAt + MINUTE };
    await checks.measure({ range: minutes, quantiles: true });
    await checks.measure({ range: minutes, where: { tenant: [null] } });
    assert.equal((await store.status()).kept, kept.length, 'kept calls');
    await batches.claim(`${HOST} batch_3`, ['a']);
    assert.equal((await batches.claimSum(`${HOST} batch_3`, endedAt)).isNew, false, 'a sum after an item');
  },
};
