import assert from 'node:assert/strict';
import { MINUTE } from '../../units/time.js';
import type { CasesOf } from './case-names.js';
import { allCalls } from './expected-lists.js';
import { callOf } from './generated-records.js';
import { ALL_TIMES } from './given.js';
import { assertSame } from './plain.js';

export const CASES: CasesOf<'text'> = {
  'finds calls by a text that any string of the record contains': async (given) => {
    const endedAt = Date.now() - MINUTE;
    const store = await given.holding([
      callOf({ endedAt, feature: 'a', attributes: { order: 'No. 4711 "Größe" 100%' } }),
      callOf({ endedAt: endedAt + 1, feature: 'b' }, [{ requestId: 'req_4711' }]),
      callOf({ endedAt: endedAt + 2, feature: 'c', identity: { userId: "o'Neil\\_x" } }),
    ]);
    const found: ReadonlyArray<readonly [text: string, features: string]> = [
      ['4711', 'ab'],
      ['REQ_4711', 'b'],
      ['no. 4711 "', 'a'],
      ['Größe', 'a'],
      ['100%', 'a'],
      ['%', 'a'],
      ["O'NEIL\\_", 'c'],
      ['_', 'bc'],
      ['gpt-4O-mini', 'abc'],
      ['requestId', ''],
      ['"requestModel":', ''],
      ['nowhere', ''],
    ];
    for (const [text, features] of found) {
      const rows = await allCalls(store, { range: ALL_TIMES, where: { text }, order: 'asc' });
      assertSame(rows.map(({ feature }) => feature).join(''), features, `calls with ${text}`);
    }
    const { calls } = await store.calls({ range: ALL_TIMES, where: { text: '4711', feature: ['b'] } });
    assert.equal(calls.length, 1, 'calls of a text and a feature');
  },
};
