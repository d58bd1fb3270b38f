import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { withoutVersion } from '../../../calls/model-version.js';
import { boundedName } from '../../../text/bounded-name.js';
import { DAY } from './levels.js';
import { Newcomers, SeriesUses } from './series-uses.js';
import { floorTo } from './spans.js';

/** The id of no name at all. */
export const NONE = 0;

/** Stands for names that came after there were too many. */
export const OTHER = 'other';

/** What a series is of. */
export const KIND = { model: 0, route: 1, tenant: 2 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** Bounds of the lists of a file. Users and attackers can choose some of the names (models, tenants). */
export interface NameLimits {
  readonly names: number;
  /** Series with rollups, by kind: feature × operation × provider × model, routes and tenants. */
  readonly series: Readonly<Record<Kind, number>>;
}

export const NAME_LIMITS: NameLimits = {
  names: 50_000,
  series: { [KIND.model]: 2000, [KIND.route]: 500, [KIND.tenant]: 500 },
};

/** Names that have exact rollups whatever the limits are: those of budgets. Few, and chosen by the application. */
export interface KeptNames {
  readonly features: readonly string[];
  readonly tenants: readonly string[];
}

/** The ids of the names of a series; a route or a tenant is in the place of the feature. */
export type NameIds = readonly [feature: number, operation: number, provider: number, model: number];

/** What calls and rollups refer to. */
export interface Series {
  /** What its calls refer to; `other` if there are too many series. */
  readonly id: number;
  /** The series whose rollups its calls are in: itself, or `other`. */
  readonly rollup: number;
}

/** The column `rolled`: where the rollups of a series are. */
export const ROLLED = { inOther: 0, own: 1, kept: 2 } as const;

/** Series without rollups that calls refer to, for each one with rollups. */
const ROWS_PER_ROLLED = 10;
/**
 * Names and series, each by a small number. Other processes add theirs to the same file, so what is not known here is
 * looked up there. Ids stay the same until retention frees them (name-slots.ts), which raises the `generation`.
 */
export class Names {
  private readonly ids = new Map<string, number>();
  private readonly texts = new Map<number, string>();
  private readonly series = new Map<string, RememberedSeries>();
  /** The last day on which a name was used, as far as the file knows it. */
  private readonly usedDays = new Map<number, number>();
  readonly uses: SeriesUses;
  readonly newcomers: Readonly<Record<Kind, Newcomers>> = {
    [KIND.model]: new Newcomers(),
    [KIND.route]: new Newcomers(),
    [KIND.tenant]: new Newcomers(),
  };
  private readonly keptFeatures: ReadonlySet<string>;
  private readonly keptTenants: ReadonlySet<string>;
  private generation = -1;
  /** The day of the call that is being written. */
  private day = 0;
  private readonly findGeneration: StatementSync;
  private readonly findName: StatementSync;
  private readonly findModels: StatementSync;
  private readonly addName: StatementSync;
  private readonly useName: StatementSync;
  private readonly nameText: StatementSync;
  private readonly countNames: StatementSync;
  private readonly findSeries: StatementSync;
  private readonly addSeries: StatementSync;
  private readonly countSeries: StatementSync;
  private readonly keepSeries: StatementSync;

  constructor(
    database: DatabaseSync,
    kept: KeptNames = { features: [], tenants: [] },
    readonly limits: NameLimits = NAME_LIMITS,
  ) {
    this.keptFeatures = new Set(kept.features.map(boundedName));
    this.keptTenants = new Set(kept.tenants.map(boundedName));
    this.findGeneration = database.prepare('SELECT generation FROM name_state');
    this.findName = database.prepare('SELECT id FROM name WHERE text = ?');
    this.findModels = database.prepare(
      `SELECT DISTINCT name.id, name.text FROM series JOIN name ON name.id = series.model
       WHERE substr(name.text, 1, length(:base)) = :base`,
    );
    this.addName = database.prepare('INSERT INTO name (text) VALUES (?)');
    this.useName = database.prepare('UPDATE name SET used = max(used, ?) WHERE id = ?');
    this.nameText = database.prepare('SELECT text FROM name WHERE id = ?');
    this.countNames = database.prepare('SELECT count(*) AS count FROM name');
    const where = 'kind = ? AND feature = ? AND operation = ? AND provider = ? AND model = ?';
    this.findSeries = database.prepare(`SELECT id, rolled FROM series WHERE ${where}`);
    this.addSeries = database.prepare(
      'INSERT INTO series (kind, feature, operation, provider, model, rolled) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.countSeries = database.prepare('SELECT count(*) AS count FROM series WHERE kind = ? AND rolled = ?');
    this.keepSeries = database.prepare('UPDATE series SET rolled = ? WHERE id = ?');
    this.uses = new SeriesUses(database);
  }

  /** Forgets what is remembered if names were freed since. Call it before names are used, with the time of a call. */
  refresh(): void {
    const { generation } = this.findGeneration.get() as { generation: number };
    if (generation !== this.generation) this.forget();
    this.generation = generation;
  }

  /** Sets the time of the call whose names are used next, Unix milliseconds. */
  usedAt(time: number): void {
    this.day = floorTo(time, DAY);
  }

  /** The id of a name, which is added where it is new. Call it inside a transaction. */
  idOf(text: string | null): number {
    if (text === null) return NONE;
    let id = this.ids.get(text);
    if (id === undefined) {
      const kept = boundedName(text);
      id = this.find(kept) ?? (this.mayAdd(kept) ? this.add(kept) : this.otherId());
      this.remember(text, id);
    }
    this.use(id);
    return id;
  }

  /** The id of a name that is there; `null`: no call can have it. */
  lookUp(text: string | null): number | null {
    if (text === null) return NONE;
    return this.ids.get(text) ?? this.find(boundedName(text));
  }

  /** The ids of a model's name and of the names of its versions. */
  lookUpModel(text: string | null): readonly number[] {
    if (text === null) return [NONE];
    const base = boundedName(text);
    const found = this.findModels.all({ base }) as Array<{ id: number; text: string }>;
    return found
      .filter((name) => name.text === base || withoutVersion(name.text) === base)
      .map(({ id }) => id);
  }

  textOf(id: number): string | null {
    if (id === NONE) return null;
    let text = this.texts.get(id);
    if (text === undefined) {
      text = (this.nameText.get(id) as { text: string } | undefined)?.text ?? OTHER;
      this.texts.set(id, text);
    }
    return text;
  }

  /** The series of these names. Call it inside a transaction. */
  seriesOf(feature: string, operation: string, provider: string | null, model: string | null): Series {
    return this.seriesOfIds(KIND.model, [
      this.idOf(feature),
      this.idOf(operation),
      this.idOf(provider),
      this.idOf(model),
    ]);
  }

  /** The series of a route or a tenant. Call it inside a transaction. */
  seriesOfGroup(kind: Exclude<Kind, 0>, name: string): Series {
    return this.seriesOfIds(kind, [this.idOf(name), NONE, NONE, NONE]);
  }

  /** The series whose rollups take the calls of one without rollups. Call it inside a transaction. */
  otherSeries(kind: Kind, [feature]: NameIds): number {
    const other = this.otherId();
    if (kind !== KIND.model) return this.rolledSeries(kind, [other, NONE, NONE, NONE]);
    // Sums of a feature that a budget names stay exact, whatever its models are.
    const isKept = this.keptFeatures.has(this.textOf(feature) ?? '');
    return this.rolledSeries(kind, [isKept ? feature : other, other, other, other]);
  }

  /** Gives a series rollups of its own, whatever the limit is. Call it inside a transaction. */
  rolledSeries(kind: Kind, ids: NameIds): number {
    const found = this.findSeries.get(kind, ...ids) as { id: number; rolled: number } | undefined;
    const rolled = this.isKept(kind, ids) ? ROLLED.kept : ROLLED.own;
    if (!found) return this.addSeriesOf(kind, ids, rolled);
    if (found.rolled < rolled) this.keepSeries.run(rolled, found.id);
    return found.id;
  }

  /** Counts the series of a kind that have their own rollups, without those that are kept for budgets. */
  countRolled(kind: Kind): number {
    return this.count(kind, ROLLED.own);
  }

  /** Returns true for the series that take the calls of others. */
  isOther(kind: Kind, [feature, operation]: NameIds): boolean {
    const other = this.otherId();
    return feature === other || (kind === KIND.model && operation === other);
  }

  /** What was added in a transaction that was rolled back is not there. */
  rolledBack(): void {
    this.forget();
    this.uses.clear();
    for (const newcomers of Object.values(this.newcomers)) newcomers.clear();
  }

  private forget(): void {
    this.ids.clear();
    this.texts.clear();
    this.series.clear();
    this.usedDays.clear();
  }

  private seriesOfIds(kind: Kind, ids: NameIds): Series {
    const text = ids.join(' ');
    const key = `${kind} ${text}`;
    let series = this.series.get(key);
    if (series === undefined) this.series.set(key, (series = this.findOrAdd(kind, ids)));
    const { day } = this;
    if (series.rollup !== series.id || series.isOther) this.newcomers[kind].count(text, day);
    this.uses.count(series.id, { calls: 1, firstDay: day, lastDay: day });
    if (series.rollup !== series.id)
      this.uses.count(series.rollup, { calls: 1, firstDay: day, lastDay: day });
    return series;
  }

  private findOrAdd(kind: Kind, ids: NameIds): RememberedSeries {
    const found = this.findSeries.get(kind, ...ids) as { id: number; rolled: number } | undefined;
    if (found?.rolled === ROLLED.kept) return { id: found.id, rollup: found.id };
    const hasSlot = found?.rolled === ROLLED.own || this.countRolled(kind) < this.limits.series[kind];
    if (hasSlot || this.isKept(kind, ids)) {
      const id = this.rolledSeries(kind, ids);
      return { id, rollup: id };
    }
    const rollup = this.otherSeries(kind, ids);
    if (found) return { id: found.id, rollup };
    // Calls refer to the series of their names while there is room, so that they are found by them.
    const limit = ROWS_PER_ROLLED * this.limits.series[kind];
    if (kind !== KIND.model || this.count(kind, ROLLED.inOther) >= limit)
      return { id: rollup, rollup, isOther: true };
    return { id: this.addSeriesOf(kind, ids, ROLLED.inOther), rollup };
  }

  private isKept(kind: Kind, [feature]: NameIds): boolean {
    return kind === KIND.tenant && this.keptTenants.has(this.textOf(feature) ?? '');
  }

  private count(kind: Kind, rolled: number): number {
    return (this.countSeries.get(kind, rolled) as { count: number }).count;
  }

  private addSeriesOf(kind: Kind, ids: NameIds, rolled: number): number {
    return Number(this.addSeries.run(kind, ...ids, rolled).lastInsertRowid);
  }

  private use(id: number): void {
    if ((this.usedDays.get(id) ?? -1) >= this.day) return;
    this.useName.run(this.day, id);
    this.usedDays.set(id, this.day);
  }

  private find(kept: string): number | null {
    return (this.findName.get(kept) as { id: number } | undefined)?.id ?? null;
  }

  private add(kept: string): number {
    return Number(this.addName.run(kept).lastInsertRowid);
  }

  private otherId(): number {
    return this.find(OTHER) ?? this.add(OTHER);
  }

  private mayAdd(kept: string): boolean {
    const { count } = this.countNames.get() as { count: number };
    return count < this.limits.names || this.keptFeatures.has(kept) || this.keptTenants.has(kept);
  }

  private remember(text: string, id: number): void {
    // Past the limit every new name is `other`: not worth remembering each.
    if (this.ids.size < 2 * this.limits.names) this.ids.set(text, id);
  }
}

/** `isOther`: its calls refer to the series `other`, so they are found by none of its names. */
interface RememberedSeries extends Series {
  readonly isOther?: boolean;
}
