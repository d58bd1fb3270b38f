import type { RollupDimension } from '../measures.js';

/** The name that counts calls of names beyond the limits. */
export const OTHER = 'other';

/** Kinds of series. Rollups by route or tenant have no other dimensions of a call. */
export const KIND = { model: 0, route: 1, tenant: 2 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** Bounds of the lists in a database. Users and attackers can choose some of the names (models, tenants). */
export interface NameLimits {
  readonly names: number;
  /** Series with rollups, by kind: feature × operation × provider × model, routes and tenants. */
  readonly series: Readonly<Record<Kind, number>>;
}

export const NAME_LIMITS: NameLimits = {
  names: 50_000,
  series: { [KIND.model]: 2000, [KIND.route]: 500, [KIND.tenant]: 500 },
};

/** Names that are exempt from the limits: those of budgets. Few, and chosen by the application. */
export interface ReservedNames {
  readonly features: readonly string[];
  readonly tenants: readonly string[];
}

/** The series of a call and of its rollups, by the numbers that a database gives them. */
export interface Series {
  /** The series that calls refer to; `other` if there are too many series. */
  readonly id: number;
  /** The series whose rollups contain its calls: itself, or `other`. */
  readonly rollup: number;
}

/** Maps names to series. */
export interface SeriesLookup {
  seriesOf(feature: string, operation: string, provider: string | null, model: string | null): Series;
  seriesOfGroup(kind: Exclude<Kind, typeof KIND.model>, name: string): Series;
}

/** Names of a stored series: those of its kind. The same object for all rollups of a series within a scan. */
export type SeriesNames = Readonly<Partial<Record<RollupDimension, string | null>>>;
