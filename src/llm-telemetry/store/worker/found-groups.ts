import type { Measures } from '../measures.js';
import { Found } from './found.js';
import type { Group, Rollup } from './rollup-scan.js';

/** What a group's rollups come to. */
export interface FoundGroup {
  readonly group: Group;
  readonly measures: Measures;
}

/** What is found in a whole range, by group. */
export class FoundGroups {
  private readonly found = new Map<Group, Found>();

  constructor(private readonly quantiles: boolean) {}

  add(group: Group, rollup: Rollup): void {
    let found = this.found.get(group);
    if (!found) this.found.set(group, (found = new Found(this.quantiles)));
    found.add(rollup);
  }

  entries(): Iterable<[Group, Found]> {
    return this.found;
  }

  /** The most expensive first, then the one with most calls. */
  ranked(): readonly FoundGroup[] {
    return [...this.found]
      .map(([group, found]) => ({ group, measures: found.measures() }))
      .sort(
        ({ measures: one }, { measures: other }) => other.costUsd - one.costUsd || other.calls - one.calls,
      );
  }
}
