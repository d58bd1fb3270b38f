import type { Measures } from '../../measures.js';
import { Found } from './found.js';
import type { Group } from './merged-groups.js';

/** A group with its measures. */
export interface FoundGroup {
  readonly group: Group;
  readonly measures: Measures;
  /** Groups merged into this one, in the same order. */
  readonly versions?: readonly FoundGroup[];
}

/** Measures of a whole range, by group. */
export class FoundGroups {
  private readonly found = new Map<Group, Found>();

  constructor(private readonly quantiles: boolean) {}

  of(group: Group): Found {
    let found = this.found.get(group);
    if (!found) this.found.set(group, (found = new Found(this.quantiles)));
    return found;
  }

  set(group: Group, found: Found): void {
    this.found.set(group, found);
  }

  has(group: Group): boolean {
    return this.found.has(group);
  }

  entries(): Iterable<[Group, Found]> {
    return this.found;
  }

  all(): Iterable<Found> {
    return this.found.values();
  }

  /** Returns the groups by cost, then by calls, both descending. */
  ranked(): readonly FoundGroup[] {
    const merged = new Map<Group, Array<[Group, Found]>>();
    for (const entry of this.found) {
      const group = entry[0].merged ?? entry[0];
      const parts = merged.get(group);
      if (parts) parts.push(entry);
      else merged.set(group, [entry]);
    }
    return [...merged].map(([group, parts]) => this.mergedOf(group, parts)).sort(mostExpensiveFirst);
  }

  private mergedOf(group: Group, parts: ReadonlyArray<[Group, Found]>): FoundGroup {
    const [first, ...others] = parts;
    if (first![0] === group) return { group, measures: first![1].measures() };
    const versions = parts
      .map(([version, found]) => ({ group: version, measures: found.measures() }))
      .sort(mostExpensiveFirst);
    if (others.length === 0) return { group, measures: versions[0]!.measures, versions };
    const all = new Found(this.quantiles);
    for (const [, found] of parts) all.merge(found);
    return { group, measures: all.measures(), versions };
  }
}

function mostExpensiveFirst({ measures: one }: FoundGroup, { measures: other }: FoundGroup): number {
  return other.costUsd - one.costUsd || other.calls - one.calls;
}
