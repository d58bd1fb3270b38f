import { DAY } from '../../units/time.js';
import type { Dimension, SeriesFilter, TimeRange } from '../measures.js';
import type { Apart, Backend, StoredRollup } from './backend.js';
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

  /** Reads the fewest rollups that cover the range. */
  async readTotal(take: (group: Group, rollup: StoredRollup) => void): Promise<void> {
    await this.read(DAY, { times: false }, (group, rollup) => take(group!, rollup));
  }

  /**
   * Reads the fewest rollups that cover the range, none longer than `longest`.
   *
   * @param own - routes or tenants whose rollups are distinguished; `undefined`: all. The group of others can be `null`.
   */
  async readTimes(
    longest: RollupLength,
    own: readonly string[] | undefined,
    take: (group: Group | null, rollup: StoredRollup) => void,
  ): Promise<void> {
    await this.read(longest, { times: true, names: own }, take);
  }

  private async read(
    longest: RollupLength,
    apart: Omit<Apart, 'by'>,
    take: (group: Group | null, rollup: StoredRollup) => void,
  ): Promise<void> {
    const { range, by, where, quantiles } = this.query;
    const ranges = rollupRangesOf(range, longest);
    const scan = { kind: kindOf(by), ranges, where, quantiles, apart: { by, ...apart } };
    await this.backend.scanRollups(scan, (rollup) =>
      take(rollup.names && this.groupOf(rollup.names), rollup),
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
