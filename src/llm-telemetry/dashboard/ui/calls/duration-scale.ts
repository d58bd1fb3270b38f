import type { CallRow } from '../../api/index.js';

/** Returns the duration of a full bar, in milliseconds. Rounded, so that it rarely changes while calls arrive. */
export function scaleOf(calls: ReadonlyArray<Pick<CallRow, 'durationMs'>>): number {
  const most = Math.max(1, ...calls.map(({ durationMs }) => durationMs));
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 1.5, 2, 3, 5, 7.5, 10].find((step) => step * power >= most) ?? 10) * power;
}

/** Segment of a bar, in shares of its length. `whole`: a response without streaming. */
export interface Piece {
  readonly kind: 'waiting' | 'streaming' | 'whole';
  readonly from: number;
  readonly to: number;
}

export function barOf(
  { durationMs, timeToFirstTokenMs, failed, outputTokens }: CallRow,
  scale: number,
): readonly Piece[] {
  const end = Math.min(1, durationMs / scale);
  if (timeToFirstTokenMs === null) {
    const answered = !failed && outputTokens !== null;
    return [{ kind: answered ? 'whole' : 'waiting', from: 0, to: end }];
  }
  const first = Math.min(end, timeToFirstTokenMs / scale);
  return [
    { kind: 'waiting', from: 0, to: first },
    { kind: 'streaming', from: first, to: end },
  ];
}
