import { withoutVersion } from '../../calls/model-version.js';
import { StoreQueryError } from '../call-store.js';
import type { Dimension, MeasuredBucket, Measures } from '../measures.js';
import { MeasureTotal } from './measure-total.js';

/** Calls with the same names in the dimensions of a query. */
export interface Group {
  /** In the order of the dimensions. */
  readonly names: ReadonlyArray<string | null>;
  /** The group that this one is merged into. */
  readonly merged?: Group | undefined;
}

/** Creates groups, each with the group that the versions of its model are merged into. */
export class MergedGroups {
  private readonly merged = new Map<string, Group>();
  private readonly model: number;

  constructor(by: readonly Dimension[], mergeVersions = false) {
    this.model = mergeVersions ? by.indexOf('model') : -1;
  }

  /** Returns a group of these names, in the order of the dimensions. */
  group(names: ReadonlyArray<string | null>): Group {
    const model = names[this.model] ?? null;
    if (model === null) return { names };
    const base = names.with(this.model, withoutVersion(model));
    const key = JSON.stringify(base);
    let merged = this.merged.get(key);
    if (!merged) this.merged.set(key, (merged = { names: base }));
    return { names, merged };
  }
}

/** Maps names to groups: one group for each set of names. */
export class Groups {
  private readonly groups = new Map<string, Group>();

  private readonly merged: MergedGroups;

  constructor(
    private readonly by: readonly Dimension[],
    mergeVersions?: boolean,
  ) {
    this.merged = new MergedGroups(by, mergeVersions);
  }

  /** Without a name of a dimension, its name is `null`. */
  of(names: Readonly<Partial<Record<Dimension, string | null>>>): Group {
    const own = this.by.map((dimension) => names[dimension] ?? null);
    const key = JSON.stringify(own);
    let group = this.groups.get(key);
    if (!group) this.groups.set(key, (group = this.merged.group(own)));
    return group;
  }
}

/** A group with its measures. */
export interface RankedGroup {
  readonly group: Group;
  readonly measures: Measures;
  /** Groups merged into this one, in the same order. */
  readonly versions?: readonly RankedGroup[];
}

/** Measures of a whole range, by group. */
export class GroupTotals {
  private readonly totals = new Map<Group, MeasureTotal>();

  constructor(private readonly quantiles: boolean) {}

  of(group: Group): MeasureTotal {
    let total = this.totals.get(group);
    if (!total) this.totals.set(group, (total = new MeasureTotal(this.quantiles)));
    return total;
  }

  set(group: Group, found: MeasureTotal): void {
    this.totals.set(group, found);
  }

  has(group: Group): boolean {
    return this.totals.has(group);
  }

  entries(): Iterable<[Group, MeasureTotal]> {
    return this.totals;
  }

  all(): Iterable<MeasureTotal> {
    return this.totals.values();
  }

  /** Returns the groups by cost, then by calls, both descending. */
  ranked(): readonly RankedGroup[] {
    const merged = new Map<Group, Array<[Group, MeasureTotal]>>();
    for (const entry of this.totals) {
      const group = entry[0].merged ?? entry[0];
      const parts = merged.get(group);
      if (parts) parts.push(entry);
      else merged.set(group, [entry]);
    }
    return [...merged].map(([group, parts]) => this.mergedOf(group, parts)).sort(mostExpensiveFirst);
  }

  private mergedOf(group: Group, parts: ReadonlyArray<[Group, MeasureTotal]>): RankedGroup {
    const [first, ...others] = parts;
    if (first![0] === group) return { group, measures: first![1].measures() };
    const versions = parts
      .map(([version, found]) => ({ group: version, measures: found.measures() }))
      .sort(mostExpensiveFirst);
    if (others.length === 0) return { group, measures: versions[0]!.measures, versions };
    const all = new MeasureTotal(this.quantiles);
    for (const [, found] of parts) all.merge(found);
    return { group, measures: all.measures(), versions };
  }
}

/** Of equal groups, the one whose names are first, so that all databases return the same order. */
function mostExpensiveFirst(one: RankedGroup, other: RankedGroup): number {
  const [first, second] = [one.measures, other.measures];
  return second.costUsd - first.costUsd || second.calls - first.calls || compareNames(one.group, other.group);
}

function compareNames({ names: one }: Group, { names: other }: Group): number {
  const [first, second] = [JSON.stringify(one), JSON.stringify(other)];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Maximum number of buckets of one result, over all groups. */
const MAX_BUCKETS = 100_000;

/** Measures over time, by group; `null` stands for all groups without their own buckets. */
export class BucketTotals {
  private readonly totals = new Map<Group | null, Map<number, MeasureTotal>>();
  private count = 0;

  constructor(private readonly quantiles: boolean) {}

  /** @throws StoreQueryError if there are too many buckets. */
  at(group: Group | null, at: number): MeasureTotal {
    let buckets = this.totals.get(group);
    if (!buckets) this.totals.set(group, (buckets = new Map()));
    let bucket = buckets.get(at);
    if (!bucket) {
      if (++this.count > MAX_BUCKETS)
        throw new StoreQueryError(
          `The result has more than ${MAX_BUCKETS.toLocaleString('en')} buckets. Use longer buckets or a shorter range.`,
        );
      buckets.set(at, (bucket = new MeasureTotal(this.quantiles && group !== null)));
    }
    return bucket;
  }

  /** Adds to a group the difference between the buckets of all calls and those of all groups. */
  addRemainder(group: Group | null, all: BucketTotals, total: Group): void {
    const known = [...this.totals.values()];
    for (const [at, rest] of all.totals.get(total) ?? []) {
      rest.subtract(known.flatMap((buckets) => buckets.get(at) ?? []));
      if (!rest.isEmpty) this.at(group, at).merge(rest);
    }
  }

  /** Returns the buckets of a group, oldest first. */
  of(group: Group | null): readonly MeasuredBucket[] {
    return [...(this.totals.get(group) ?? [])]
      .sort(([one], [other]) => one - other)
      .map(([at, found]) => ({ at, measures: found.measures() }));
  }
}
