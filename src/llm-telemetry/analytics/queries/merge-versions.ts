import { withoutVersion } from '../../calls/model-version.js';
import type { MeasuredGroup, MeasureResult } from '../../store/measures.js';
import { addMeasures } from './metrics.js';
import { addBuckets } from './over-time.js';

/**
 * Merges the versions of a model if the store has not merged them: counts are added, and quantiles are `null`. A result that
 * is already merged is returned unchanged.
 */
export function withVersionsMerged(result: MeasureResult): MeasureResult {
  const merged = new Map<string, MeasuredGroup[]>();
  for (const group of result.groups) {
    const key = JSON.stringify({ ...group.names, model: baseOf(group) });
    const parts = merged.get(key);
    if (parts) parts.push(group);
    else merged.set(key, [group]);
  }
  if (result.groups.every((group) => baseOf(group) === (group.names.model ?? null))) return result;
  const groups = [...merged.values()].map(groupOf);
  groups.sort(
    ({ measures: one }, { measures: other }) => other.costUsd - one.costUsd || other.calls - one.calls,
  );
  return { ...result, groups };
}

function baseOf({ names }: MeasuredGroup): string | null {
  return typeof names.model === 'string' ? withoutVersion(names.model) : null;
}

function groupOf(parts: readonly MeasuredGroup[]): MeasuredGroup {
  const [first, ...others] = parts as [MeasuredGroup, ...MeasuredGroup[]];
  const model = baseOf(first);
  if (model === null) return first;
  return {
    names: { ...first.names, model },
    measures: others.length === 0 ? first.measures : addMeasures(parts.map(({ measures }) => measures)),
    buckets: others.length === 0 ? first.buckets : addBuckets(parts.flatMap(({ buckets }) => buckets)),
    versions: parts.map(({ names, measures }) => ({ model: names.model!, measures })),
  };
}
