import type { Context } from './dashboard.js';
import type { Column } from './panels.js';
import { UNPRICED } from './shared-tiles.js';

/** Returns the first columns of cost tables: calls, cost, share and cost per 1,000 calls. */
export function costColumns({ queries }: Context, by: readonly string[]): readonly Column[] {
  return [
    { name: 'Calls', expr: queries.counted({ metric: 'llm.calls', by }), unit: 'short', decimals: 0 },
    {
      name: 'Cost',
      expr: queries.counted({ metric: 'llm.cost', by }),
      unit: 'currencyUSD',
      decimals: 3,
      none: UNPRICED,
    },
    { name: 'Share', expr: queries.share({ metric: 'llm.cost', by }), unit: 'percentunit', decimals: 0 },
    {
      name: 'Cost per 1,000 calls',
      expr: queries.costPer1000(by),
      unit: 'currencyUSD',
      decimals: 3,
      none: UNPRICED,
    },
  ];
}
