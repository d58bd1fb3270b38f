import type { DatabaseSync } from 'node:sqlite';
import type { CallFilter } from '../../calls.js';
import { KNOWN_OUTCOMES } from '../../outcome.js';
import { FLAG } from './call-flags.js';
import { userHashes } from './call-user.js';
import { KIND, type Names } from './names.js';
import { idsOf, seriesCondition } from './series-condition.js';
import { mayHold, type Zone } from './zone.js';

/** Which calls are searched for, apart from the text and the user in their records. */
export interface CallCondition {
  /** On a row of the table `call`. */
  readonly sql: string;
  /** Whether any call of a zone can be one. */
  mayBeIn(zone: Zone): boolean;
}

/** Outcomes that are no words of calls but stand for several. */
const FLAGS_BY_OUTCOME: ReadonlyMap<string, number> = new Map([
  ['failed', FLAG.failed],
  ['truncated', FLAG.truncated],
]);

export function callCondition(database: DatabaseSync, names: Names, where: CallFilter): CallCondition {
  const parts: string[] = [];
  const tests: Array<(zone: Zone) => boolean> = [];
  const anyName = (ids: readonly number[], flags = 0): void => {
    tests.push((zone) => (zone.flags & flags) !== 0 || ids.some((id) => mayHold(zone, id)));
  };

  const { feature, operation, provider, model, route, tenant, user, outcome, retried } = where;
  if (feature ?? operation ?? provider ?? model) {
    const condition = seriesCondition(names, KIND.model, { feature, operation, provider, model });
    const found = database.prepare(`SELECT id FROM series WHERE ${condition.sql}`).all(...condition.values);
    parts.push(`series IN (${(found as Array<{ id: number }>).map(({ id }) => id).join(', ')})`);
    for (const wanted of [feature, operation, provider]) if (wanted) anyName(idsOf(names, wanted));
    if (model) anyName(idsOf(names, model, 'model'));
  }
  for (const [column, wanted] of [
    ['route', route],
    ['tenant', tenant],
  ] as const) {
    if (!wanted) continue;
    const ids = idsOf(names, wanted);
    parts.push(`${column} IN (${ids.join(', ')})`);
    anyName(ids);
  }
  if (user) {
    const hashes = userHashes(user).join(', ');
    parts.push(`(user IN (${hashes}) OR user IS NULL)`);
  }
  if (outcome) {
    // Version 0.1.0 stored streams that were left as `cancelled`.
    const aborted = outcome.includes('aborted') || outcome.includes('cancelled');
    const ids = idsOf(names, aborted ? [...outcome, 'aborted', 'cancelled'] : outcome);
    const flags = outcome.reduce((all, word) => all | (FLAGS_BY_OUTCOME.get(word) ?? 0), 0);
    const other = outcome.includes('other');
    const known = idsOf(names, [...KNOWN_OUTCOMES, 'cancelled']);
    const others = other ? ` OR outcome NOT IN (${known.join(', ')})` : '';
    parts.push(`(outcome IN (${ids.join(', ')}) OR flags & ${flags}${others})`);
    if (!other) anyName(ids, flags);
  }
  if (retried !== undefined) {
    const flag = retried ? FLAG.retried : FLAG.notRetried;
    parts.push(`flags & ${flag}`);
    tests.push((zone) => (zone.flags & flag) !== 0);
  }
  return {
    sql: parts.length > 0 ? parts.join(' AND ') : 'TRUE',
    mayBeIn: (zone) => tests.every((test) => test(zone)),
  };
}
