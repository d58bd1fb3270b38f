import type { RangeQuery, UnpricedModel } from '../../measures.js';
import type { CallDatabase } from './call-database.js';
import { FoundGroups } from './found-groups.js';
import { readHorizons } from './horizons.js';
import { Groups, needsCalls, rangeFromCalls } from './measures-from-calls.js';
import { RollupScan } from './rollup-scan.js';
import { widenToRollups } from './rollup-ranges.js';
import { checkRange } from './time-buckets.js';
import { DAY } from '../../../units/time.js';

/** Returns models with known usage and unknown price, the most used first. */
export function readUnpriced(from: CallDatabase, query: RangeQuery): UnpricedModel[] {
  const { range, where } = query;
  checkRange(range);
  const by = ['provider', 'model'] as const;
  const groups = new FoundGroups(false);
  if (needsCalls(query)) {
    const ofParts = new Groups(by);
    for (const part of from.parts.read(rangeFromCalls(from.database, query).range, where ?? {}))
      groups.of(ofParts.of(part.names)).addPart(part);
  } else {
    const scan = new RollupScan(from.database, from.names, {
      range: widenToRollups(range, readHorizons(from.database)),
      by,
      where,
      quantiles: false,
    });
    scan.read(DAY, (group, rollup) => groups.of(group).add(rollup));
  }
  return [...groups.entries()]
    .map(
      ([
        {
          names: [provider = null, model = null],
        },
        found,
      ]) => ({
        provider,
        model,
        calls: found.sum('unpricedCalls'),
        inputTokens: found.sum('unpricedInputTokens'),
        outputTokens: found.sum('unpricedOutputTokens'),
      }),
    )
    .filter(({ calls, inputTokens }) => calls > 0 || inputTokens > 0)
    .sort((one, other) => other.calls - one.calls || other.inputTokens - one.inputTokens);
}
