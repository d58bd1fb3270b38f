import { DAY } from '../../units/time.js';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { withoutVersion } from '../../calls/model-version.js';
import { boundedName } from '../../text/bounded-name.js';
import { Newcomers } from '../core/newcomers.js';
import { floorTo } from '../core/rollup-ranges.js';
import {
  KIND,
  NAME_LIMITS,
  OTHER,
  type Kind,
  type NameLimits,
  type ReservedNames,
  type Series,
  type SeriesLookup,
} from '../core/series.js';
import { SeriesUses } from './series-uses.js';

/** The id that stands for no name. */
export const NO_NAME = 0;

/** The ids of the names of a series; a route or a tenant takes the place of the feature. */
export type NameIds = readonly [feature: number, operation: number, provider: number, model: number];

/** Values of the column `rolled`: which rollups contain the calls of a series. */
export const ROLLED = { inOther: 0, own: 1, reserved: 2 } as const;

/** Limit of series without rollups, as a multiple of the limit of those with rollups. */
const ROWS_PER_ROLLED_SERIES = 10;
/**
 * Maps names and series to small ids. Other processes add names to the same file, so a cache miss is looked up there. Ids
 * are stable until retention frees them (name-slots.ts), which raises the `generation`.
 */
export class Names implements SeriesLookup {
  private readonly ids = new Map<string, number>();
  private readonly texts = new Map<number, string>();
  private readonly series = new Map<string, CachedSeries>();
  /** The last day on which a name was used, as stored in the file. */
  private readonly usedDays = new Map<number, number>();
  readonly uses: SeriesUses;
  readonly newcomers: Readonly<Record<Kind, Newcomers>> = {
    [KIND.model]: new Newcomers(),
    [KIND.route]: new Newcomers(),
    [KIND.tenant]: new Newcomers(),
  };
  private readonly reservedFeatures: ReadonlySet<string>;
  private readonly reservedTenants: ReadonlySet<string>;
  private generation = -1;
  /** Counts that were read in this transaction, by what is counted: a count reads the whole list. */
  private readonly counts = new Map<string, number>();
  /** Start of the day of the call that is being written, Unix milliseconds. */
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
  private readonly updateRolled: StatementSync;

  constructor(
    database: DatabaseSync,
    kept: ReservedNames = { features: [], tenants: [] },
    readonly limits: NameLimits = NAME_LIMITS,
  ) {
    this.reservedFeatures = new Set(kept.features.map(boundedName));
    this.reservedTenants = new Set(kept.tenants.map(boundedName));
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
    this.updateRolled = database.prepare('UPDATE series SET rolled = ? WHERE id = ?');
    this.uses = new SeriesUses(database);
  }

  /** Clears the caches if names were freed since. Call it before names are used. */
  refresh(): void {
    const { generation } = this.findGeneration.get() as { generation: number };
    if (generation !== this.generation) this.clearCaches();
    this.generation = generation;
    this.counts.clear();
  }

  /** Ends the use of names in a transaction. From now on, other processes can add names. */
  finish(): void {
    this.uses.write();
    this.counts.clear();
  }

  /** Sets the time of the call whose names are used next, Unix milliseconds. */
  setCallTime(time: number): void {
    this.day = floorTo(time, DAY);
  }

  /** Returns the id of a name and adds the name if it is new. Call it inside a transaction. */
  idOf(text: string | null): number {
    if (text === null) return NO_NAME;
    let id = this.ids.get(text);
    if (id === undefined) {
      const kept = boundedName(text);
      id = this.find(kept) ?? (this.canAdd(kept) ? this.add(kept) : this.otherId());
      this.cache(text, id);
    }
    this.markUsed(id);
    return id;
  }

  /** Returns the id of an existing name; `null` if no call can have it. */
  lookUp(text: string | null): number | null {
    if (text === null) return NO_NAME;
    return this.ids.get(text) ?? this.find(boundedName(text));
  }

  /** Returns the ids of a model's name and of the names of its versions. */
  lookUpModel(text: string | null): readonly number[] {
    if (text === null) return [NO_NAME];
    const base = boundedName(text);
    const found = this.findModels.all({ base }) as Array<{ id: number; text: string }>;
    return found
      .filter((name) => name.text === base || withoutVersion(name.text) === base)
      .map(({ id }) => id);
  }

  textOf(id: number): string | null {
    if (id === NO_NAME) return null;
    let text = this.texts.get(id);
    if (text === undefined) {
      text = (this.nameText.get(id) as { text: string } | undefined)?.text ?? OTHER;
      this.texts.set(id, text);
    }
    return text;
  }

  /** Returns the series of these names. Call it inside a transaction. */
  seriesOf(feature: string, operation: string, provider: string | null, model: string | null): Series {
    return this.seriesOfIds(KIND.model, [
      this.idOf(feature),
      this.idOf(operation),
      this.idOf(provider),
      this.idOf(model),
    ]);
  }

  /** Returns the series of a route or a tenant. Call it inside a transaction. */
  seriesOfGroup(kind: Exclude<Kind, 0>, name: string): Series {
    return this.seriesOfIds(kind, [this.idOf(name), NO_NAME, NO_NAME, NO_NAME]);
  }

  /** Returns the series whose rollups count the calls of a series without rollups. Call it inside a transaction. */
  otherSeries(kind: Kind, [feature]: NameIds): number {
    const other = this.otherId();
    if (kind !== KIND.model) return this.rolledSeries(kind, [other, NO_NAME, NO_NAME, NO_NAME]);
    // Sums of a feature with a budget stay exact, whatever its models are.
    const isReserved = this.reservedFeatures.has(this.textOf(feature) ?? '');
    return this.rolledSeries(kind, [isReserved ? feature : other, other, other, other]);
  }

  /** Gives a series its own rollups, ignoring the limit. Call it inside a transaction. */
  rolledSeries(kind: Kind, ids: NameIds): number {
    const found = this.findSeries.get(kind, ...ids) as { id: number; rolled: number } | undefined;
    const rolled = this.isReserved(kind, ids) ? ROLLED.reserved : ROLLED.own;
    if (!found) return this.addSeriesOf(kind, ids, rolled);
    if (found.rolled < rolled) {
      this.updateRolled.run(rolled, found.id);
      this.counts.clear();
    }
    return found.id;
  }

  /** Counts the series of a kind that have their own rollups, without those reserved for budgets. */
  countRolled(kind: Kind): number {
    return this.count(kind, ROLLED.own);
  }

  /** Returns true for the series `other`. */
  isOther(kind: Kind, [feature, operation]: NameIds): boolean {
    const other = this.otherId();
    return feature === other || (kind === KIND.model && operation === other);
  }

  /** Discards names that were added in a transaction that was rolled back. */
  onRollback(): void {
    this.clearCaches();
    this.uses.clear();
    this.counts.clear();
    for (const newcomers of Object.values(this.newcomers)) newcomers.clear();
  }

  private clearCaches(): void {
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

  private findOrAdd(kind: Kind, ids: NameIds): CachedSeries {
    const found = this.findSeries.get(kind, ...ids) as { id: number; rolled: number } | undefined;
    if (found?.rolled === ROLLED.reserved) return { id: found.id, rollup: found.id };
    const hasSlot = found?.rolled === ROLLED.own || this.counted(kind, ROLLED.own) < this.limits.series[kind];
    if (hasSlot || this.isReserved(kind, ids)) {
      const id = this.rolledSeries(kind, ids);
      return { id, rollup: id };
    }
    const rollup = this.otherSeries(kind, ids);
    if (found) return { id: found.id, rollup };
    // Calls refer to the series of their names while there is room, so that a search by name finds them.
    const limit = ROWS_PER_ROLLED_SERIES * this.limits.series[kind];
    if (kind !== KIND.model || this.counted(kind, ROLLED.inOther) >= limit)
      return { id: rollup, rollup, isOther: true };
    return { id: this.addSeriesOf(kind, ids, ROLLED.inOther), rollup };
  }

  private isReserved(kind: Kind, [feature]: NameIds): boolean {
    return kind === KIND.tenant && this.reservedTenants.has(this.textOf(feature) ?? '');
  }

  private count(kind: Kind, rolled: number): number {
    return (this.countSeries.get(kind, rolled) as { count: number }).count;
  }

  /** Like `count`, within a transaction that changes series only here. */
  private counted(kind: Kind, rolled: number): number {
    return this.remembered(seriesCount(kind, rolled), () => this.count(kind, rolled));
  }

  private remembered(what: string, count: () => number): number {
    let known = this.counts.get(what);
    if (known === undefined) this.counts.set(what, (known = count()));
    return known;
  }

  private countOneMore(what: string): void {
    const known = this.counts.get(what);
    if (known !== undefined) this.counts.set(what, known + 1);
  }

  private addSeriesOf(kind: Kind, ids: NameIds, rolled: number): number {
    this.countOneMore(seriesCount(kind, rolled));
    return Number(this.addSeries.run(kind, ...ids, rolled).lastInsertRowid);
  }

  private markUsed(id: number): void {
    if ((this.usedDays.get(id) ?? -1) >= this.day) return;
    this.useName.run(this.day, id);
    this.usedDays.set(id, this.day);
  }

  private find(kept: string): number | null {
    return (this.findName.get(kept) as { id: number } | undefined)?.id ?? null;
  }

  private add(kept: string): number {
    this.countOneMore(NAMES);
    return Number(this.addName.run(kept).lastInsertRowid);
  }

  private otherId(): number {
    return this.find(OTHER) ?? this.add(OTHER);
  }

  private canAdd(kept: string): boolean {
    const count = this.remembered(NAMES, () => (this.countNames.get() as { count: number }).count);
    return count < this.limits.names || this.reservedFeatures.has(kept) || this.reservedTenants.has(kept);
  }

  private cache(text: string, id: number): void {
    // Beyond the limit every new name is `other` and not worth caching.
    if (this.ids.size < 2 * this.limits.names) this.ids.set(text, id);
  }
}

/** What counts are remembered by. */
const NAMES = 'names';

function seriesCount(kind: Kind, rolled: number): string {
  return `series ${kind} ${rolled}`;
}

/** `isOther`: its calls refer to the series `other`, so a search by name does not find them. */
interface CachedSeries extends Series {
  readonly isOther?: boolean;
}
