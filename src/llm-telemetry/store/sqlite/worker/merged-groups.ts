import { withoutVersion } from '../../../calls/model-version.js';
import type { Dimension } from '../../measures.js';

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
