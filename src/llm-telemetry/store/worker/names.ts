import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { withoutVersion } from '../../call/model-version.js';
import { boundedName } from '../../wire/bounded-name.js';

/** The id of no name at all. */
export const NONE = 0;

/** Stands for names that came after there were too many. */
const OTHER = 'other';

/** Different names that a file keeps. Users and attackers can choose some of them (models, tenants). */
const MAX_NAMES = 50_000;
/** Different feature × operation × provider × model. */
const MAX_SERIES = 2000;
/** Different routes, and different tenants. */
const MAX_GROUPS = 500;

/** What a series is of. */
export const KIND = { model: 0, route: 1, tenant: 2 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

type NameIds = readonly [feature: number, operation: number, provider: number, model: number];

/**
 * Names and series, each by a small number. Other processes add theirs to the same file, so what is not known here is
 * looked up there; ids never change, so what is known stays.
 */
export class Names {
  private readonly ids = new Map<string, number>();
  private readonly texts = new Map<number, string>();
  private readonly series = new Map<string, number>();
  private readonly findName: StatementSync;
  private readonly findModels: StatementSync;
  private readonly addName: StatementSync;
  private readonly nameText: StatementSync;
  private readonly countNames: StatementSync;
  private readonly findSeries: StatementSync;
  private readonly addSeries: StatementSync;
  private readonly countSeries: StatementSync;

  constructor(database: DatabaseSync) {
    this.findName = database.prepare('SELECT id FROM name WHERE text = ?');
    this.findModels = database.prepare(
      `SELECT DISTINCT name.id, name.text FROM series JOIN name ON name.id = series.model
       WHERE substr(name.text, 1, length(:base)) = :base`,
    );
    this.addName = database.prepare('INSERT INTO name (text) VALUES (?)');
    this.nameText = database.prepare('SELECT text FROM name WHERE id = ?');
    this.countNames = database.prepare('SELECT count(*) AS count FROM name');
    const where = 'kind = ? AND feature = ? AND operation = ? AND provider = ? AND model = ?';
    this.findSeries = database.prepare(`SELECT id FROM series WHERE ${where}`);
    this.addSeries = database.prepare(
      'INSERT INTO series (kind, feature, operation, provider, model) VALUES (?, ?, ?, ?, ?)',
    );
    this.countSeries = database.prepare('SELECT count(*) AS count FROM series WHERE kind = ?');
  }

  /** The id of a name, which is added where it is new. Call it inside a transaction. */
  idOf(text: string | null): number {
    if (text === null) return NONE;
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    const kept = boundedName(text);
    const id = this.find(kept) ?? (this.namesFull() ? this.otherId() : this.add(kept));
    this.remember(text, id);
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
  seriesOf(feature: string, operation: string, provider: string | null, model: string | null): number {
    return this.seriesOfIds(KIND.model, [
      this.idOf(feature),
      this.idOf(operation),
      this.idOf(provider),
      this.idOf(model),
    ]);
  }

  /** The series of a route or a tenant. Call it inside a transaction. */
  seriesOfGroup(kind: Exclude<Kind, 0>, name: string): number {
    return this.seriesOfIds(kind, [this.idOf(name), NONE, NONE, NONE]);
  }

  /** What was added in a transaction that was rolled back is not there. */
  forget(): void {
    this.ids.clear();
    this.texts.clear();
    this.series.clear();
  }

  private seriesOfIds(kind: Kind, ids: NameIds): number {
    const key = `${kind} ${ids.join(' ')}`;
    let id = this.series.get(key);
    if (id === undefined) {
      id = this.foundSeries(kind, ids) ?? this.newSeries(kind, ids);
      this.series.set(key, id);
    }
    return id;
  }

  private foundSeries(kind: Kind, ids: NameIds): number | null {
    return (this.findSeries.get(kind, ...ids) as { id: number } | undefined)?.id ?? null;
  }

  private newSeries(kind: Kind, ids: NameIds): number {
    const { count } = this.countSeries.get(kind) as { count: number };
    const other = this.otherId();
    const others: NameIds = kind === KIND.model ? [other, other, other, other] : [other, NONE, NONE, NONE];
    const added = count < (kind === KIND.model ? MAX_SERIES : MAX_GROUPS) ? ids : others;
    return this.foundSeries(kind, added) ?? Number(this.addSeries.run(kind, ...added).lastInsertRowid);
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

  private namesFull(): boolean {
    return (this.countNames.get() as { count: number }).count >= MAX_NAMES;
  }

  private remember(text: string, id: number): void {
    // Past the limit every new name is `other`: not worth remembering each.
    if (this.ids.size < 2 * MAX_NAMES) this.ids.set(text, id);
  }
}
