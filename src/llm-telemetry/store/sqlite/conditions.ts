import type { DatabaseSync } from 'node:sqlite';
import { KNOWN_OUTCOMES } from '../../calls/outcome.js';
import type { CallFilter } from '../calls.js';
import { SERIES_DIMENSIONS, type SeriesFilter } from '../measures.js';
import { FLAG, FLAGS_BY_OUTCOME, userHashes } from '../core/call-columns.js';
import { KIND } from '../core/series.js';
import type { Names } from './names.js';
import type { Origins } from './origins.js';
import { mayContain, type Zone } from './zone.js';

/** What conditions are made from. */
export interface ConditionSource {
  readonly database: DatabaseSync;
  readonly names: Names;
  readonly origins: Origins;
}

/** Condition of a search, apart from text, user and reason of an unknown cost, which are checked in the records. */
export interface CallCondition {
  /** Condition on a row of the table `call`. */
  readonly sql: string;
  /** Returns false if no call of the zone can match. */
  mayMatch(zone: Zone): boolean;
}

export function callCondition(
  { database, names, origins }: ConditionSource,
  where: CallFilter,
): CallCondition {
  const parts: string[] = [];
  const tests: Array<(zone: Zone) => boolean> = [];
  const anyName = (ids: readonly number[], flags = 0): void => {
    tests.push((zone) => (zone.flags & flags) !== 0 || ids.some((id) => mayContain(zone, id)));
  };

  const { feature, operation, provider, model, route, tenant, user, outcome, retried, costReasonCode } =
    where;
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
  const instances = origins.matchingInstances(where);
  if (instances) parts.push(`instance IN (${instances.join(', ')})`);
  if (outcome) {
    // Version 0.1.0 stored abandoned streams as `cancelled`.
    const aborted = outcome.includes('aborted') || outcome.includes('cancelled');
    const ids = idsOf(names, aborted ? [...outcome, 'aborted', 'cancelled'] : outcome);
    const flags = outcome.reduce((all, word) => all | (FLAGS_BY_OUTCOME.get(word) ?? 0), 0);
    const other = outcome.includes('other');
    const known = idsOf(names, [...KNOWN_OUTCOMES, 'cancelled']);
    const others = other ? ` OR outcome NOT IN (${known.join(', ')})` : '';
    parts.push(`(outcome IN (${ids.join(', ')}) OR flags & ${flags}${others})`);
    if (!other) anyName(ids, flags);
  }
  // The record has the code.
  if (costReasonCode) parts.push('costUsd IS NULL');
  if (retried !== undefined) {
    const flag = retried ? FLAG.retried : FLAG.notRetried;
    parts.push(`flags & ${flag}`);
    tests.push((zone) => (zone.flags & flag) !== 0);
  }
  return {
    sql: parts.length > 0 ? parts.join(' AND ') : 'TRUE',
    mayMatch: (zone) => tests.every((test) => test(zone)),
  };
}

/** A condition on the table `series`. */
export interface SeriesCondition {
  readonly sql: string;
  readonly values: readonly number[];
}

export function seriesCondition(names: Names, kind: number, where: SeriesFilter = {}): SeriesCondition {
  const parts = [`series.kind = ${kind}`];
  const values: number[] = [];
  for (const dimension of SERIES_DIMENSIONS) {
    const wanted = where[dimension];
    if (wanted === undefined) continue;
    const ids = idsOf(names, wanted, dimension);
    parts.push(`series.${dimension} IN (${ids.map(() => '?').join(', ')})`);
    values.push(...ids);
  }
  return { sql: parts.join(' AND '), values };
}

/** Returns the ids of the names that exist; for models, also those of their versions. */
export function idsOf(names: Names, wanted: ReadonlyArray<string | null>, dimension?: string): number[] {
  const ids = wanted.flatMap((name) =>
    dimension === 'model' ? names.lookUpModel(name) : (names.lookUp(name) ?? []),
  );
  return [...new Set(ids)];
}
