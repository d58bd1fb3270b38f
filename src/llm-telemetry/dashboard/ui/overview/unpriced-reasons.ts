import type { CallRow, CostReasonCode } from '../../api/index.js';

/** Returns the number of calls by reason, the most frequent first. */
export function countReasons(
  calls: ReadonlyArray<Pick<CallRow, 'costReasonCode'>>,
): ReadonlyMap<CostReasonCode, number> {
  const counts = new Map<CostReasonCode, number>();
  for (const { costReasonCode: reason } of calls)
    if (reason !== null) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return new Map([...counts].sort(([, count], [, other]) => other - count));
}

/** Returns the units of the prices to set, and lines of an example. */
export function remedyOf(reason: CostReasonCode): readonly [units: string, lines: readonly string[]] {
  const prices = ['input: 0.1', 'output: 0.3'];
  switch (reason) {
    case 'unpriced_tool':
      return [
        'USD per million tokens and per thousand uses of a tool',
        [...prices, 'tools: { file_search: 2.5 }'],
      ];
    case 'unpriced_service_tier':
    case 'unpriced_speed':
    case 'unpriced_geo':
    case 'unpriced_place':
      return [
        'USD per million tokens, and multipliers by tier, speed or place',
        [...prices, 'multipliers: { flex: 0.5 }'],
      ];
    default:
      return ['USD per million tokens', prices];
  }
}
