import { boundedName } from '../../text/bounded-name.js';
import {
  KIND,
  OTHER,
  type Kind,
  type NameLimits,
  type ReservedNames,
  type Series,
  type SeriesLookup,
} from '../core/series.js';

/** Names of a series: feature, operation, provider and model, or one route or tenant. */
export type NamesOfSeries = ReadonlyArray<string | null>;

/**
 * Numbers series in this process, and limits how many have rollups of their own. The names that other processes use are
 * read from the database now and then, so together they can exceed a limit by what they add in between.
 */
export class SeriesRegistry implements SeriesLookup {
  private names: NamesOfSeries[] = [];
  private readonly ids = new Map<string, Series>();
  private readonly counts: Record<Kind, number> = { [KIND.model]: 0, [KIND.route]: 0, [KIND.tenant]: 0 };
  private readonly reservedFeatures: ReadonlySet<string>;
  private readonly reservedTenants: ReadonlySet<string>;

  constructor(
    reserved: ReservedNames,
    private readonly limits: NameLimits,
  ) {
    this.reservedFeatures = new Set(reserved.features.map(boundedName));
    this.reservedTenants = new Set(reserved.tenants.map(boundedName));
  }

  /** Replaces the series with rollups of their own by those in the database. */
  load(series: Iterable<{ readonly kind: Kind; readonly names: NamesOfSeries }>): void {
    this.names = [];
    this.ids.clear();
    for (const kind of Object.values(KIND)) this.counts[kind] = 0;
    for (const { kind, names } of series) this.own(kind, names);
  }

  seriesOf(feature: string, operation: string, provider: string | null, model: string | null): Series {
    const names = [boundedName(feature), boundedName(operation), bounded(provider), bounded(model)];
    const isReserved = this.reservedFeatures.has(names[0]!);
    return this.find(KIND.model, names, [isReserved ? names[0]! : OTHER, OTHER, OTHER, OTHER]);
  }

  seriesOfGroup(kind: Exclude<Kind, typeof KIND.model>, name: string): Series {
    const own = boundedName(name);
    const isReserved = kind === KIND.tenant && this.reservedTenants.has(own);
    return this.find(kind, [own], isReserved ? null : [OTHER]);
  }

  /** Returns the names of a series that this object has numbered. */
  namesOf(id: number): NamesOfSeries {
    return this.names[id]!;
  }

  /** `other`: the series that counts the calls if there are too many series; `null`: the series is exempt. */
  private find(kind: Kind, names: NamesOfSeries, other: NamesOfSeries | null): Series {
    const known = this.ids.get(keyOf(kind, names));
    if (known) return known;
    const hasSlot = other === null || this.counts[kind] < this.limits.series[kind];
    return this.own(kind, hasSlot ? names : other);
  }

  private own(kind: Kind, names: NamesOfSeries): Series {
    const key = keyOf(kind, names);
    const known = this.ids.get(key);
    if (known) return known;
    const id = this.names.push(names) - 1;
    const series = { id, rollup: id };
    this.ids.set(key, series);
    this.counts[kind]++;
    return series;
  }
}

function keyOf(kind: Kind, names: NamesOfSeries): string {
  return JSON.stringify([kind, ...names]);
}

function bounded(name: string | null): string | null {
  return name === null ? null : boundedName(name);
}
