import { StoreQueryError } from '../../call-store.js';
import type { MeasuredBucket } from '../../measures.js';
import { Found } from './found.js';
import type { Group } from './merged-groups.js';

/** Maximum number of buckets of one result, over all groups. */
const MAX_BUCKETS = 100_000;

/** Measures over time, by group; `null` stands for all groups without their own buckets. */
export class FoundBuckets {
  private readonly found = new Map<Group | null, Map<number, Found>>();
  private count = 0;

  constructor(private readonly quantiles: boolean) {}

  /** @throws StoreQueryError if there are too many buckets. */
  at(group: Group | null, at: number): Found {
    let buckets = this.found.get(group);
    if (!buckets) this.found.set(group, (buckets = new Map()));
    let bucket = buckets.get(at);
    if (!bucket) {
      if (++this.count > MAX_BUCKETS)
        throw new StoreQueryError(
          `The result has more than ${MAX_BUCKETS.toLocaleString('en')} buckets. Use longer buckets or a shorter range.`,
        );
      buckets.set(at, (bucket = new Found(this.quantiles && group !== null)));
    }
    return bucket;
  }

  /** Adds to a group the difference between the buckets of all calls and those of all groups. */
  addRemainder(group: Group | null, all: FoundBuckets, total: Group): void {
    const known = [...this.found.values()];
    for (const [at, rest] of all.found.get(total) ?? []) {
      rest.subtract(known.flatMap((buckets) => buckets.get(at) ?? []));
      if (!rest.isEmpty) this.at(group, at).merge(rest);
    }
  }

  /** Returns the buckets of a group, oldest first. */
  of(group: Group | null): readonly MeasuredBucket[] {
    return [...(this.found.get(group) ?? [])]
      .sort(([one], [other]) => one - other)
      .map(([at, found]) => ({ at, measures: found.measures() }));
  }
}
