import type { CallRow } from '../../api/index.js';
import { detailOf } from '../../../../../test/dashboard/fixture-calls.js';
import { retriedCall } from '../../../../../test/dashboard/fixture-records.js';
import { appended, listOf, newIn, withNew, barOf, scaleOf, type CallList } from './call-list.js';

const RANGE = { from: 0, to: 100_000 };
const row = (id: number, endedAt: number): CallRow => ({ ...detailOf(id, retriedCall()), endedAt });
const page = (rows: readonly CallRow[], next: string | null = null) => ({ calls: rows, next, searchedTo: 0 });
const idsOf = ({ rows }: CallList): number[] => rows.map(({ id }) => Number(id));

describe('list of calls', () => {
  const list = listOf(page([row(5, 50), row(4, 40)], 'c2'), RANGE);

  it('appends pages', () => {
    expect(list.rest).toEqual({ range: RANGE, cursor: 'c2' });
    const longer = appended(list, page([row(3, 30)]), RANGE);
    expect(idsOf(longer)).toEqual([5, 4, 3]);
    expect(longer.rest).toBeNull();
  });

  it('inserts new calls by end time, without duplicates', () => {
    expect(idsOf(withNew(list, [row(7, 60), row(6, 45), row(5, 50)], 10))).toEqual([7, 5, 6, 4]);
  });

  it('distinguishes new calls from the calls of later pages', () => {
    const found = [row(8, 70), row(7, 60), row(5, 50), row(6, 45), row(3, 30)];
    expect(newIn(list, [row(8, 70)], found).map(({ id }) => Number(id))).toEqual([7, 6]);
    expect(newIn({ ...list, rest: null }, [], found).map(({ id }) => id)).toEqual([8, 7, 6, 3]);
  });

  it('is truncated at its maximum length and continues from there', () => {
    const cut = withNew(list, [row(7, 60), row(6, 55)], 3);
    expect(idsOf(cut)).toEqual([7, 6, 5]);
    expect(cut.rest).toEqual({ range: { from: 0, to: 51 }, cursor: null });
    // The rest begins with calls that have the same timestamp.
    expect(idsOf(appended(cut, page([row(5, 50), row(4, 40)]), RANGE))).toEqual([7, 6, 5, 4]);
  });
});

const call = (changes: Partial<CallRow>): CallRow => ({ ...detailOf(1, retriedCall()), ...changes });

describe('duration bars of a list of calls', () => {
  it('share a round scale that fits the longest call', () => {
    expect(scaleOf([{ durationMs: 13_420 }, { durationMs: 366 }])).toBe(15_000);
    expect(scaleOf([{ durationMs: 2000 }])).toBe(2000);
    expect(scaleOf([])).toBe(1);
  });

  it('distinguish waiting from streaming', () => {
    expect(barOf(call({ durationMs: 8000, timeToFirstTokenMs: 2000 }), 10_000)).toEqual([
      { kind: 'waiting', from: 0, to: 0.2 },
      { kind: 'streaming', from: 0.2, to: 0.8 },
    ]);
  });

  it('show no first token without streaming', () => {
    const whole = { durationMs: 5000, timeToFirstTokenMs: null };
    expect(barOf(call({ ...whole, failed: false }), 10_000)).toEqual([{ kind: 'whole', from: 0, to: 0.5 }]);
    expect(barOf(call({ ...whole, failed: true }), 10_000)).toEqual([{ kind: 'waiting', from: 0, to: 0.5 }]);
  });
});
