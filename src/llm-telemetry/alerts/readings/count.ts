import type { MeasuredGroup } from '../../store/measures.js';
import type { AlertMeasure } from '../definitions/alert-definition.js';
import type { ConfiguredRule } from '../definitions/configured-rules.js';
import type { AlertSources, Reading } from './reading.js';
import { MINUTE, startOf } from '../../units/time.js';
import { formatNumber } from '../../units/format.js';
import { formatName } from '../definitions/format.js';
import { windowOf } from './window.js';

/** Reads a count in the window or in its busiest minute, with the largest contributor. */
export async function readCount(
  rule: ConfiguredRule,
  measure: Extract<AlertMeasure, { kind: 'count' | 'busiest_minute' }>,
  { store }: AlertSources,
  now: number,
): Promise<readonly Reading[]> {
  const range = windowOf(rule, now);
  const byMinute = measure.kind === 'busiest_minute';
  const { groups } = await store.measure({
    range: byMinute ? { from: startOf(MINUTE, range.from), to: range.to } : range,
    by: [measure.blame],
    mergeVersions: true,
    ...(byMinute && { bucketMs: MINUTE }),
  });
  const { total, parts } = byMinute ? busiestMinute(groups, measure.of) : wholeWindow(groups, measure.of);
  return [
    {
      names: {},
      value: total,
      limit: rule.limit,
      inconclusive: null,
      note: blame(measure.blame, total, parts),
    },
  ];
}

interface Counted {
  readonly total: number;
  /** Counts by contributor. */
  readonly parts: ReadonlyMap<string | null, number>;
}

type Of = Extract<AlertMeasure, { kind: 'count' }>['of'];

function wholeWindow(groups: readonly MeasuredGroup[], of: Of): Counted {
  return counted(groups.map(({ names, measures }) => [nameOf(names), measures[of]]));
}

function busiestMinute(groups: readonly MeasuredGroup[], of: Of): Counted {
  const minutes = new Map<number, Array<readonly [string | null, number]>>();
  for (const { names, buckets } of groups)
    for (const { at, measures } of buckets) {
      const minute = minutes.get(at) ?? [];
      minute.push([nameOf(names), measures[of]]);
      minutes.set(at, minute);
    }
  let busiest = counted([]);
  for (const minute of minutes.values()) {
    const { total, parts } = counted(minute);
    if (total > busiest.total) busiest = { total, parts };
  }
  return busiest;
}

function counted(parts: ReadonlyArray<readonly [string | null, number]>): Counted {
  return { total: parts.reduce((sum, [, count]) => sum + count, 0), parts: new Map(parts) };
}

function nameOf(names: MeasuredGroup['names']): string | null {
  return Object.values(names)[0] ?? null;
}

function blame(dimension: string, total: number, parts: Counted['parts']): string | null {
  if (total === 0) return null;
  let most: [string | null, number] = [null, 0];
  for (const part of parts) if (part[1] > most[1]) most = part;
  const [name, count] = most;
  return `Most affected: ${name === null ? `no ${dimension}` : formatName(name)} (${formatNumber(count)} of ${formatNumber(total)}).`;
}
