import { KIND, type Kind } from '../core/series.js';
import { Cell } from '../core/tally.js';
import { addErrorSums, errorSumsOf } from '../sums.js';
import { addToRollups, type Addition } from './compaction.js';
import type { Connection, Statements } from './connection.js';
import { lockKey } from './layout.js';
import type { Names } from './names.js';
import { NAME, ROLLED, type NameIds } from './series-table.js';
import { ERRORS, MEASURES } from './sum-columns.js';

const SLOTS_MS = 20_000;
/** Slots that one run assigns at most: moving rollups takes some tens of milliseconds. */
const SLOTS_AT_ONCE = 5;

/**
 * Gives newcomers that are used more the slots of the least used series (Space-Saving algorithm), whose rollups are added to
 * `other`: no sum changes. Users and attackers can fill the lists of names; without this, the first names would keep them.
 */
export async function assignSlots(connection: Connection, schema: string, names: Names): Promise<void> {
  for (const kind of Object.values(KIND)) {
    for (const [newcomer, { calls }] of names.newcomers[kind].ranked().slice(0, SLOTS_AT_ONCE)) {
      const ids = newcomer.split(' ').map(Number) as unknown as NameIds;
      const isAssigned = await connection.transaction({ timeoutMs: SLOTS_MS }, async (statements) => {
        for (const job of ['names', 'compact'] as const)
          await statements.rows('SELECT pg_advisory_xact_lock($1)', [lockKey(schema, job)]);
        return assignSlot(statements, names, { kind, ids, calls });
      });
      if (!isAssigned) break;
      names.newcomers[kind].delete(newcomer);
    }
  }
}

interface Victim {
  readonly id: number;
  readonly ids: NameIds;
}

/** Returns false if no series is used less. */
async function assignSlot(
  statements: Statements,
  names: Names,
  { kind, ids, calls }: { readonly kind: Kind; readonly ids: NameIds; readonly calls: number },
): Promise<boolean> {
  if (await names.table.isFull(statements, kind)) {
    const victim = await leastUsed(statements, kind, calls);
    if (victim === null) return false;
    const other = await names.table.other(statements, [kind, ...victim.ids], names.day);
    await moveRollups(statements, kind, victim.id, other);
    await statements.change(`UPDATE series SET rolled = ${ROLLED.inOther} WHERE id = $1`, [victim.id]);
  }
  const id = await names.table.addRolled(statements, [kind, ...ids], names.day);
  await statements.change('UPDATE series SET calls = greatest(calls, $2) WHERE id = $1', [id, calls]);
  await statements.change('UPDATE state SET generation = generation + 1');
  return true;
}

async function leastUsed(statements: Statements, kind: Kind, below: number): Promise<Victim | null> {
  const [[id, ...ids] = []] = await statements.rows<readonly number[]>(
    `SELECT id, feature, operation, provider, model FROM series
     WHERE kind = $1 AND rolled = ${ROLLED.own} AND calls < $2
       AND NOT (feature = ${NAME.other} AND (kind <> ${KIND.model} OR operation = ${NAME.other}))
     ORDER BY calls, used LIMIT 1`,
    [kind, below],
  );
  return id === undefined ? null : { id, ids: ids as unknown as NameIds };
}

/** Adds the rollups of a series to another one. */
async function moveRollups(statements: Statements, kind: Kind, from: number, to: number): Promise<void> {
  const moved = new Map<string, Addition>();
  const additionAt = (level: number, start: number, origin: number): Addition => {
    const key = `${level} ${start} ${origin}`;
    let addition = moved.get(key);
    if (!addition) moved.set(key, (addition = { key: [kind, level, start, to, origin], cell: new Cell() }));
    return addition;
  };
  const rollups = await statements.rows(
    `DELETE FROM rollup WHERE kind = $1 AND series = $2
     RETURNING level, start, origin, ${[...MEASURES.selected, ...MEASURES.histograms].join(', ')}`,
    [kind, from],
  );
  for (const row of rollups) {
    const [level, start, origin] = row as [number, number, number];
    additionAt(level, start, origin).cell.addStored(MEASURES.read(row, 3));
  }
  if (kind === KIND.model) {
    const errors = await statements.rows(
      `DELETE FROM error WHERE series = $1 RETURNING level, start, origin, type, ${ERRORS.selected.join(', ')}`,
      [from],
    );
    for (const row of errors) {
      const [level, start, origin, type] = row as [number, number, number, number];
      const { cell } = additionAt(level, start, origin);
      addErrorSums(errorSumsOf(cell.errors, String(type)), ERRORS.read(row, 4));
    }
    await statements.change('UPDATE delta_error SET series = $2 WHERE series = $1', [from, to]);
  }
  await statements.change('UPDATE delta SET series = $3 WHERE kind = $1 AND series = $2', [kind, from, to]);
  await addToRollups(statements, [...moved.values()]);
}
