import type { DatabaseSync } from 'node:sqlite';
import type { ErrorCount, RangeQuery } from '../measures.js';
import { readHorizons } from './horizons.js';
import { DAY } from './levels.js';
import { KIND, type Names } from './names.js';
import { checkRange } from './read-measures.js';
import { seriesCondition } from './series-condition.js';
import { spansOf, widened } from './spans.js';

/** How calls and attempts failed. */
export function readErrors(database: DatabaseSync, names: Names, query: RangeQuery): ErrorCount[] {
  const counts = new Map<number, { calls: number; attempts: number }>();
  for (const { type, calls, attempts } of rowsOf(database, names, query)) {
    const count = counts.get(type) ?? { calls: 0, attempts: 0 };
    counts.set(type, { calls: count.calls + calls, attempts: count.attempts + attempts });
  }
  return [...counts]
    .map(([type, count]) => ({ type: names.textOf(type)!, ...count }))
    .sort(
      (one, other) =>
        other.calls - one.calls || other.attempts - one.attempts || (one.type < other.type ? -1 : 1),
    );
}

function* rowsOf(database: DatabaseSync, names: Names, { range, where }: RangeQuery): Generator<ErrorRow> {
  checkRange(range);
  const condition = seriesCondition(names, KIND.model, where);
  const statement = database.prepare(
    `SELECT error.type, sum(error.calls) AS calls, sum(error.attempts) AS attempts
     FROM error JOIN series ON series.id = error.series
     WHERE level = ? AND start >= ? AND start < ? AND ${condition.sql} GROUP BY error.type`,
  );
  for (const { level, from, to } of spansOf(widened(range, readHorizons(database)), DAY)) {
    yield* statement.iterate(level, from, to, ...condition.values) as Iterable<unknown> as Iterable<ErrorRow>;
  }
}

interface ErrorRow {
  readonly type: number;
  readonly calls: number;
  readonly attempts: number;
}
