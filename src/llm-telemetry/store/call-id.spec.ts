import fc from 'fast-check';
import {
  callIdOf,
  callIdOfNumber,
  endOfCallId,
  numberOfCallId,
  parseCallId,
  textOfCallId,
} from './call-id.js';

const END = Date.UTC(2026, 10, 30, 12);

describe('the id of a call', () => {
  it('is a UUID of version 7 whose time is the end of the call', () => {
    const id = callIdOf(END, 5, 0xdeadbeef);
    expect(textOfCallId(id)).toBe('01a22c53-8200-7000-8000-0005deadbeef');
    expect(endOfCallId(id)).toBe(END);
    expect(numberOfCallId(id)).toBeNull();
  });

  it('has the same text after parsing, for all times, counters and processes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 48 - 1 }),
        fc.integer({ min: 0, max: 2 ** 42 - 1 }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        (endedAt, counter, process) => {
          const id = callIdOf(endedAt, counter, process);
          expect(parseCallId(textOfCallId(id))).toEqual(id);
          expect(endOfCallId(id)).toBe(endedAt);
        },
      ),
    );
  });

  it('sorts by time, and by the order of recording within a process', () => {
    const ids = [
      callIdOf(END, 2 ** 31, 7),
      callIdOf(END + 1, 0, 1),
      callIdOf(END, 9, 7),
      callIdOf(END, 10, 7),
      callIdOf(END - 1, 2 ** 41, 9),
    ].map(textOfCallId);
    expect(ids.toSorted()).toEqual([ids[4], ids[2], ids[3], ids[0], ids[1]]);
  });

  it('of a call that version 0.1.0 numbered is its number, also if it is given as a UUID', () => {
    const number = END * 2048 + 3;
    const id = callIdOfNumber(number);
    expect(textOfCallId(id)).toBe(String(number));
    expect(parseCallId(String(number))).toEqual(id);
    expect(endOfCallId(id)).toBe(END);
    expect(parseCallId('01a22c53-8200-7000-8000-000300000000')).toEqual(id);
  });

  it.each([
    '',
    'x',
    '-1',
    '1.5',
    '00',
    '9007199254740993',
    '01a22c53-8200-4000-8000-0005deadbeef',
    '1'.repeat(17),
  ])('is not %j', (text) => {
    expect(parseCallId(text)).toBeNull();
  });
});
