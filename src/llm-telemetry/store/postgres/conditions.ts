import { KNOWN_OUTCOMES } from '../../calls/outcome.js';
import type { CallFilter } from '../calls.js';
import { FLAG, FLAGS_BY_OUTCOME, userHashes } from '../core/call-columns.js';
import { KIND } from '../core/series.js';
import type { Statements } from './connection.js';
import { nameIds } from './names.js';
import { NAME } from './series-table.js';
import { matchingInstances } from './origins.js';
import { Parameters } from './parameters.js';
import { seriesCondition } from './rollup-reader.js';

/**
 * Returns a condition for the columns of the table `call`. It may select too many calls where the record decides: by user,
 * text and cost reason.
 */
export async function callCondition(
  statements: Statements,
  parameters: Parameters,
  where: CallFilter,
): Promise<string> {
  const parts: string[] = [];
  const anyOf = (column: string, ids: readonly number[], type = 'int[]'): string =>
    `${column} = ANY(${parameters.add(ids, type)})`;
  const { feature, operation, provider, model, route, tenant, user, outcome, retried, costReasonCode } =
    where;

  if (feature ?? operation ?? provider ?? model) {
    const ofSeries = new Parameters();
    const condition = await seriesCondition(statements, ofSeries, { feature, operation, provider, model });
    const rows = await statements.rows(
      `SELECT id FROM series WHERE kind = ${KIND.model} AND ${condition}`,
      ofSeries.values,
    );
    parts.push(
      anyOf(
        'series',
        rows.map(([id]) => id as number),
      ),
    );
  }
  for (const [column, wanted] of [
    ['route', route],
    ['tenant', tenant],
  ] as const) {
    if (!wanted) continue;
    parts.push(anyOf(column, await nameIds(statements, wanted)));
    // Partial indexes do not have calls without a name.
    if (!wanted.includes(null)) parts.push(`${column} <> ${NAME.none}`);
  }
  if (user) {
    parts.push(anyOf('user_hash', userHashes(user), 'bigint[]'));
    if (!user.includes(null)) parts.push('user_hash <> 0');
  }
  const instances = await matchingInstances(statements, where);
  if (instances) parts.push(anyOf('instance', instances));
  if (outcome) parts.push(await outcomeCondition(statements, parameters, outcome));
  if (costReasonCode) parts.push('cost_usd IS NULL');
  if (retried !== undefined) parts.push(`flags & ${retried ? FLAG.retried : FLAG.notRetried} <> 0`);
  return parts.length > 0 ? parts.join(' AND ') : 'true';
}

async function outcomeCondition(
  statements: Statements,
  parameters: Parameters,
  outcome: readonly string[],
): Promise<string> {
  // Version 0.1.0 stored abandoned streams as `cancelled`.
  const aborted = outcome.includes('aborted') || outcome.includes('cancelled');
  const ids = await nameIds(statements, aborted ? [...outcome, 'aborted', 'cancelled'] : outcome);
  const flags = outcome.reduce((all, word) => all | (FLAGS_BY_OUTCOME.get(word) ?? 0), 0);
  const alternatives = [`outcome = ANY(${parameters.add(ids, 'int[]')})`];
  if (flags !== 0) alternatives.push(`flags & ${flags} <> 0`);
  if (outcome.includes('other')) {
    const known = await nameIds(statements, [...KNOWN_OUTCOMES, 'cancelled']);
    alternatives.push(`outcome <> ALL(${parameters.add(known, 'int[]')})`);
  }
  const condition = `(${alternatives.join(' OR ')})`;
  // The predicate of an index, which all calls with another outcome satisfy.
  return outcome.includes('ok')
    ? condition
    : `${condition} AND (outcome <> ${NAME.ok} OR flags & ${FLAG.truncated} <> 0)`;
}
