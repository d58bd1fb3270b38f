import type { DatabaseSync } from 'node:sqlite';
import type { RangeQuery, UnpricedModel } from '../measures.js';
import { FoundGroups } from './found-groups.js';
import { readHorizons } from './horizons.js';
import { DAY } from './levels.js';
import type { Names } from './names.js';
import { RollupScan } from './rollup-scan.js';
import { widened } from './spans.js';
import { checkRange } from './time-buckets.js';

/** Models whose usage is known and whose price is not, the most used first. */
export function readUnpriced(
  database: DatabaseSync,
  names: Names,
  { range, where }: RangeQuery,
): UnpricedModel[] {
  checkRange(range);
  const scan = new RollupScan(database, names, {
    range: widened(range, readHorizons(database)),
    by: ['provider', 'model'],
    where,
    quantiles: false,
  });
  const groups = new FoundGroups(false);
  scan.read(DAY, (group, rollup) => groups.add(group, rollup));
  return [...groups.entries()]
    .map(
      ([
        {
          ids: [provider, model],
        },
        found,
      ]) => ({
        provider: names.textOf(provider!),
        model: names.textOf(model!),
        calls: found.sum('unpricedCalls'),
        inputTokens: found.sum('unpricedInputTokens'),
        outputTokens: found.sum('unpricedOutputTokens'),
      }),
    )
    .filter(({ calls, inputTokens }) => calls > 0 || inputTokens > 0)
    .sort((one, other) => other.calls - one.calls || other.inputTokens - one.inputTokens);
}
