import { DAY, HOUR, MINUTE } from '../../units/time.js';
import type { DatabaseSync } from 'node:sqlite';
import { KIND, OTHER, type Kind } from '../core/series.js';
import { ROLLED, type NameIds, type Names } from './names.js';
import { inTransaction } from './open-database.js';
import { oldestCallOf, readHorizons } from './retention.js';
import { ROLLUP_LENGTHS, type RollupLength } from '../core/rollup-ranges.js';
import type { RollupWriter } from './rollup-writer.js';

/** Time budget of one run, during which the worker does nothing else. */
const BALANCE_BUDGET_MS = 50;
/** Use counts are halved every week. */
const DECAY_PER_DAY = 0.5 ** (1 / 7);

interface SeriesRow {
  readonly id: number;
  readonly feature: number;
  readonly operation: number;
  readonly provider: number;
  readonly model: number;
  readonly calls: number;
  readonly firstDay: number;
  readonly lastDay: number;
}

/**
 * Decides which names have their own rollups. Users and attackers can fill the lists of names.
 *
 * - A series whose calls and rollups are deleted is deleted, and so is a name that nothing refers to.
 * - If a list is full, the calls of a newcomer are added to `other` and counted. Once it was used more than the least used
 *   series of the list, it takes that slot (Space-Saving algorithm), and the rollups of the latter are added to `other`: no
 *   sum changes. Use counts are halved each week, so a flood of names does not hold slots for long, and names that were
 *   used once never displace one in use.
 * - Names of budgets are exempt: they always have their own rollups.
 */
export class NameSlots {
  constructor(
    private readonly database: DatabaseSync,
    private readonly names: Names,
    private readonly rollups: RollupWriter,
  ) {}

  /** Deletes unused names and assigns slots to newcomers. `uptime`: as in `Times`; it never jumps. */
  balance(uptime: number): void {
    const day = Math.floor(uptime / DAY);
    const isNewDay = this.state().day < day;
    if (isNewDay) inTransaction(this.database, () => this.decay(day));
    if (isNewDay || this.isFull()) inTransaction(this.database, () => this.deleteUnused());
    const until = performance.now() + BALANCE_BUDGET_MS;
    for (const kind of Object.values(KIND)) this.assignSlots(kind, until);
  }

  private decay(day: number): void {
    const days = day - this.state().day;
    this.database.prepare('UPDATE name_state SET day = ?').run(day);
    this.database.prepare('UPDATE series SET calls = calls * ?').run(DECAY_PER_DAY ** days);
  }

  private isFull(): boolean {
    const { count } = this.database.prepare('SELECT count(*) AS count FROM name').get() as { count: number };
    return (
      count >= this.names.limits.names ||
      Object.values(KIND).some((kind) => this.names.countRolled(kind) >= this.names.limits.series[kind])
    );
  }

  /** Deletes series and names that no call and no rollup refers to. */
  private deleteUnused(): void {
    const { database } = this;
    const oldestCall = oldestCallOf(database);
    const horizon = readHorizons(database)[DAY];
    const series = database
      .prepare(
        `DELETE FROM series WHERE (rolled = ${ROLLED.inOther} OR lastDay + ${DAY} <= :horizon)
           AND (kind <> ${KIND.model} OR lastDay + ${DAY} <= :oldestCall)`,
      )
      .run({ horizon, oldestCall });
    const names = database
      .prepare(
        `DELETE FROM name WHERE used + ${DAY} <= ? AND text <> ? AND id NOT IN (
           SELECT feature FROM series UNION SELECT operation FROM series
           UNION SELECT provider FROM series UNION SELECT model FROM series
           UNION SELECT type FROM error WHERE level = ${DAY}
         )`,
      )
      .run(oldestCall, OTHER);
    if (Number(series.changes) + Number(names.changes) > 0) this.raiseGeneration();
  }

  /** Assigns the slots of the least used series to newcomers that are used more. */
  private assignSlots(kind: Kind, until: number): void {
    const newcomers = this.names.newcomers[kind];
    for (const [newcomer, { calls, lastDay }] of newcomers.ranked()) {
      if (performance.now() > until) return;
      const isFull = this.names.countRolled(kind) >= this.names.limits.series[kind];
      const victim = isFull ? this.leastUsed(kind) : null;
      if (isFull && !(victim && victim.calls < calls)) return;
      inTransaction(this.database, () => {
        if (victim) this.evict(kind, victim);
        const id = this.names.rolledSeries(kind, newcomer.split(' ').map(Number) as unknown as NameIds);
        this.database.prepare('UPDATE series SET calls = max(calls, ?) WHERE id = ?').run(calls, id);
        // A series without a day of use is deleted before it is used.
        this.names.uses.count(id, { calls: 0, firstDay: lastDay, lastDay });
        this.names.uses.write();
        this.raiseGeneration();
      });
      newcomers.delete(newcomer);
    }
  }

  private leastUsed(kind: Kind): SeriesRow | null {
    const rows = this.database
      .prepare(`SELECT * FROM series WHERE kind = ? AND rolled = ${ROLLED.own} ORDER BY calls, lastDay`)
      .iterate(kind) as Iterable<unknown> as Iterable<SeriesRow>;
    for (const row of rows) if (!this.names.isOther(kind, idsOf(row))) return row;
    return null;
  }

  private evict(kind: Kind, victim: SeriesRow): void {
    const series = { from: victim.id, to: this.names.otherSeries(kind, idsOf(victim)) };
    for (let day = victim.firstDay; day <= victim.lastDay; day += DAY) this.move(kind, DAY, day, series);
    this.names.uses.count(series.to, { ...victim, calls: 0 });
    this.names.uses.write();
    const removed =
      kind === KIND.model
        ? `UPDATE series SET rolled = ${ROLLED.inOther} WHERE id = ?`
        : 'DELETE FROM series WHERE id = ?';
    this.database.prepare(removed).run(victim.id);
  }

  /** Moves the rollups of a day, and the shorter ones in it, to another series. */
  private move(kind: Kind, length: RollupLength, start: number, series: { from: number; to: number }): void {
    if (!this.rollups.move(kind, length, start, series, this.names)) return;
    const shortest = kind === KIND.model ? MINUTE : HOUR;
    if (length === shortest) return;
    const shorter = ROLLUP_LENGTHS[ROLLUP_LENGTHS.indexOf(length) + 1]!;
    for (let at = start; at < start + length; at += shorter) this.move(kind, shorter, at, series);
  }

  private state(): { readonly day: number } {
    return this.database.prepare('SELECT day FROM name_state').get() as { day: number };
  }

  private raiseGeneration(): void {
    this.database.prepare('UPDATE name_state SET generation = generation + 1').run();
  }
}

function idsOf({ feature, operation, provider, model }: SeriesRow): NameIds {
  return [feature, operation, provider, model];
}
