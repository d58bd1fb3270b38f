import type { Dimension, SeriesFilter, TimeRange } from '../measures.js';
import type { Backend, StoredRollup } from './backend.js';
import { Groups, type Group } from './measure-groups.js';
import { rollupRangesOf, type RollupLength } from './rollup-ranges.js';
import { KIND, type Kind, type SeriesNames } from './series.js';

/** Reads the rollups of the selected series in a range, by group. */
export class GroupedRollups {
  private readonly groups: Groups;
  private readonly groupOfNames = new Map<SeriesNames, Group>();

  constructor(
    private readonly backend: Backend,
    private readonly query: {
      readonly range: TimeRange;
      readonly by: readonly Dimension[];
      readonly where: SeriesFilter | undefined;
      readonly quantiles: boolean;
      readonly mergeVersions?: boolean | undefined;
    },
  ) {
    this.groups = new Groups(query.by, query.mergeVersions);
  }

  /** Reads the fewest rollups that cover the range, none longer than `longest`. */
  async read(longest: RollupLength, take: (group: Group, rollup: StoredRollup) => void): Promise<void> {
    const { range, by, where, quantiles } = this.query;
    const ranges = rollupRangesOf(range, longest);
    await this.backend.scanRollups({ kind: kindOf(by), ranges, where, quantiles }, (rollup) =>
      take(this.groupOf(rollup.names), rollup),
    );
  }

  private groupOf(names: SeriesNames): Group {
    let group = this.groupOfNames.get(names);
    if (!group) this.groupOfNames.set(names, (group = this.groups.of(names)));
    return group;
  }
}

/** Selects the rollups of a breakdown: routes and tenants have rollups without other dimensions. */
function kindOf(by: readonly Dimension[]): Kind {
  if (by.includes('route')) return KIND.route;
  return by.includes('tenant') ? KIND.tenant : KIND.model;
}
