import { attemptOf, callOf, retriedCall } from '../../../../../test/dashboard/fixture-records.js';
import { waterfallOf, type AttemptRow, type Waterfall, type WaitRow } from './waterfall-geometry.js';

const attemptsOf = ({ rows }: Waterfall): AttemptRow[] => rows.filter((row) => row.kind === 'attempt');
const waitsOf = ({ rows }: Waterfall): WaitRow[] => rows.filter((row) => row.kind === 'wait');
/** Converts a share of the duration of a call back to milliseconds. */
const inMs = (part: number, total: number): number => Math.round(part * total);

describe('waterfall of a call', () => {
  const TOTAL = 13_420;
  const waterfall = waterfallOf(retriedCall(1_763_900_000_000));
  const [refused, timedOut, truncated] = attemptsOf(waterfall);

  it('has an axis from 0 with round steps', () => {
    expect(waterfall.ticks.map(({ text }) => text)).toEqual([
      '0',
      '2 s',
      '4 s',
      '6 s',
      '8 s',
      '10 s',
      '12 s',
    ]);
    expect(waterfall.ticks.map(({ at }) => inMs(at, TOTAL))).toEqual([
      0, 2000, 4000, 6000, 8000, 10000, 12000,
    ]);
    expect(waterfall.end).toBe(1);
  });

  it('shows a refused attempt as one failed segment with its status', () => {
    expect(refused!.segments).toEqual([{ kind: 'refused', from: 24 / TOTAL, to: 236 / TOTAL }]);
    expect(refused!.tag).toEqual({ at: 236 / TOTAL, text: '429', bad: true });
    expect(refused!.firstToken).toBeNull();
  });

  it('splits a stream into waiting for headers, waiting for the first token and streaming', () => {
    expect(
      truncated!.segments.map(({ kind, from, to }) => [kind, inMs(from, TOTAL), inMs(to, TOTAL)]),
    ).toEqual([
      ['headers', 4316, 4760],
      ['first-token', 4760, 5436],
      ['streaming', 5436, 13_396],
    ]);
    expect(inMs(truncated!.firstToken!, TOTAL)).toBe(5436);
    expect(truncated!.cut).toBeNull();
    expect(truncated!.tag).toBeNull();
  });

  it('marks where and why a response was cut off', () => {
    expect(timedOut!.cut).toMatchObject({ bad: true });
    expect(inMs(timedOut!.cut!.at, TOTAL)).toBe(3796);
    expect(timedOut!.tag).toMatchObject({ text: 'timeout', bad: true });
  });

  it('distinguishes retry-after from the backoff of the client', () => {
    expect(waitsOf(waterfall).map(({ text }) => text)).toEqual([
      'waited 1.00 s (retry-after)',
      'backed off 520 ms',
    ]);
    expect(waitsOf(waterfall).map(({ from, to }) => [inMs(from, TOTAL), inMs(to, TOTAL)])).toEqual([
      [236, 1236],
      [3796, 4316],
    ]);
  });

  it('shows retry-after if the actual wait was shorter or longer', () => {
    const waiting = (waitedMs: number, waitAskedMs: number): string | undefined => {
      const again = attemptOf({ startedAt: 5000, isRetry: true, waitedMs, waitAskedMs });
      return waitsOf(waterfallOf(callOf([attemptOf(), again])))[0]?.text;
    };
    expect(waiting(300, 2000)).toBe('waited 300 ms (retry-after 2.00 s)');
    expect(waiting(4000, 1000)).toBe('waited 4.00 s (retry-after 1.00 s)');
    expect(waiting(2100, 2000)).toBe('waited 2.10 s (retry-after)');
  });

  it('shows no wait between attempts that are not retries', () => {
    const call = callOf([attemptOf(), attemptOf({ startedAt: 4000, waitedMs: 2910 })]);
    expect(waitsOf(waterfallOf(call))).toEqual([]);
  });

  it('shows no first token without streaming', () => {
    const [row] = attemptsOf(
      waterfallOf(callOf([attemptOf({ timeToFirstChunkMs: null, timeToFirstTokenMs: null })])),
    );
    expect(row!.segments.map(({ kind }) => kind)).toEqual(['whole']);
    expect(row!.firstToken).toBeNull();
  });

  it('does not show an abandoned response as failed', () => {
    const [left] = attemptsOf(
      waterfallOf(callOf([attemptOf({ ending: 'left', finishReason: 'cancelled' })])),
    );
    expect(left!.cut).toMatchObject({ bad: false });
    expect(left!.tag).toMatchObject({ text: 'abandoned', bad: false });
    const aborted = attemptOf({
      status: null,
      ending: 'aborted',
      failure: { type: 'aborted', errorClass: 'APIUserAbortError' },
    });
    expect(attemptsOf(waterfallOf(callOf([aborted])))[0]!.segments[0]!.kind).toBe('headers');
  });

  it('stays within its lane with inconsistent clocks', () => {
    const call = callOf([attemptOf({ startedAt: -3, durationMs: 900 }), attemptOf({ durationMs: 2000 })], {
      durationMs: 1500,
    });
    const parts = attemptsOf(waterfallOf(call)).flatMap(({ segments }) =>
      segments.flatMap((s) => [s.from, s.to]),
    );
    expect(Math.min(...parts)).toBe(0);
    expect(Math.max(...parts)).toBe(1);
    expect(waterfallOf(call).end).toBe(0.75);
  });

  it.each([
    [0.4, ['0', '1 ms']],
    [7, ['0', '1 ms', '2 ms', '3 ms', '4 ms', '5 ms', '6 ms', '7 ms']],
    [870, ['0', '200 ms', '400 ms', '600 ms', '800 ms']],
    [29_000, ['0', '5 s', '10 s', '15 s', '20 s', '25 s']],
    [150_000, ['0', '20 s', '40 s', '1 m', '1 m 20 s', '1 m 40 s', '2 m', '2 m 20 s']],
  ])('has at most eight ticks for a call of %d ms', (durationMs, texts) => {
    expect(waterfallOf(callOf([], { durationMs })).ticks.map(({ text }) => text)).toEqual(texts);
  });
});
