import type { DatabaseSync } from 'node:sqlite';
import type { ErrorCount, RangeQuery, UnpricedModel } from '../measures.js';
import { readHorizons } from './horizons.js';
import { DAY } from './levels.js';
import { KIND, type Names } from './names.js';
import { checkRange } from './read-measures.js';
import { seriesCondition } from './series-condition.js';
import { spansOf, widened } from './spans.js';

/** How calls and attempts failed. */
export function readErrors(database: DatabaseSync, names: Names, query: RangeQuery): ErrorCount[] {
  const counts = new Map<number, { calls: number; attempts: number }>();
  const columns = 'error.type, sum(error.calls) AS calls, sum(error.attempts) AS attempts';
  for (const row of rowsOf(database, names, query, 'error', columns, 'error.type')) {
    const { type, calls, attempts } = row as { type: number; calls: number; attempts: number };
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

/** Models without a price. */
export function readUnpriced(database: DatabaseSync, names: Names, query: RangeQuery): UnpricedModel[] {
  const models = new Map<string, UnpricedModel>();
  const columns = `series.provider, series.model, sum(unpricedCalls) AS calls,
    sum(unpricedInputTokens) AS inputTokens, sum(unpricedOutputTokens) AS outputTokens`;
  const grouping =
    'series.provider, series.model HAVING sum(unpricedInputTokens + unpricedOutputTokens + unpricedCalls) > 0';
  for (const row of rowsOf(database, names, query, 'rollup', columns, grouping)) {
    const { provider, model, calls, inputTokens, outputTokens } = row as {
      provider: number;
      model: number;
      calls: number;
      inputTokens: number;
      outputTokens: number;
    };
    const key = `${provider} ${model}`;
    const before = models.get(key);
    models.set(key, {
      provider: names.textOf(provider),
      model: names.textOf(model),
      calls: calls + (before?.calls ?? 0),
      inputTokens: inputTokens + (before?.inputTokens ?? 0),
      outputTokens: outputTokens + (before?.outputTokens ?? 0),
    });
  }
  return [...models.values()].sort(
    (one, other) => other.calls - one.calls || other.inputTokens - one.inputTokens,
  );
}

function* rowsOf(
  database: DatabaseSync,
  names: Names,
  { range, where }: RangeQuery,
  table: 'error' | 'rollup',
  columns: string,
  grouping: string,
): Generator {
  checkRange(range);
  const condition = seriesCondition(names, KIND.model, where);
  const statement = database.prepare(
    `SELECT ${columns} FROM ${table} JOIN series ON series.id = ${table}.series
     WHERE level = ? AND start >= ? AND start < ? AND ${condition.sql} GROUP BY ${grouping}`,
  );
  for (const { level, from, to } of spansOf(widened(range, readHorizons(database)), DAY)) {
    yield* statement.iterate(level, from, to, ...condition.values);
  }
}
