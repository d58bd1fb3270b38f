import { MODEL_VERSION } from '../../calls/model-version.js';
import { KNOWN_OUTCOMES } from '../../calls/outcome.js';
import { boundedName } from '../../text/bounded-name.js';
import type { CallFilter } from '../calls.js';
import { FLAG, FLAGS_BY_OUTCOME, userHashes } from '../core/call-columns.js';
import { ORIGIN_DIMENSIONS, SERIES_DIMENSIONS, type MeasureFilter, type SeriesFilter } from '../measures.js';
import { isOneOf, type ParameterList } from './sql.js';

/** Dimensions with a column of their own in the table `call`. */
const CALL_NAMES = ['route', 'tenant', 'instance'] as const;

/** Returns the conditions on the columns of series and programs, which both tables have. */
export function seriesConditions(parameters: ParameterList, where: SeriesFilter = {}): string[] {
  return [...SERIES_DIMENSIONS, ...ORIGIN_DIMENSIONS].flatMap((dimension) => {
    const wanted = where[dimension];
    if (wanted === undefined) return [];
    const names = wanted.map(bounded);
    const condition = isOneOf(parameters, dimension, names);
    return dimension === 'model' ? `(${condition} OR ${isVersionOf(parameters, names)})` : condition;
  });
}

/**
 * Returns the conditions of a search. Text and user may select too many calls: the records decide. Text is compared as the
 * record writes it.
 */
export function callConditions(parameters: ParameterList, where: CallFilter | MeasureFilter): string[] {
  const { user, outcome, retried, costReasonCode, text }: CallFilter = where;
  const conditions = seriesConditions(parameters, where);
  for (const dimension of CALL_NAMES) {
    const wanted = where[dimension];
    if (wanted) conditions.push(isOneOf(parameters, dimension, wanted.map(bounded)));
  }
  if (user) conditions.push(`user_hash IN ${parameters.add('Array(UInt64)', userHashes(user).map(BigInt))}`);
  if (outcome) conditions.push(outcomeCondition(parameters, outcome));
  if (costReasonCode) conditions.push(isOneOf(parameters, 'cost_reason', costReasonCode));
  if (retried !== undefined)
    conditions.push(`bitAnd(flags, ${retried ? FLAG.retried : FLAG.notRetried}) != 0`);
  if (text) {
    const written = parameters.add('String', JSON.stringify(text).slice(1, -1));
    const position = isAscii(text) ? 'positionCaseInsensitive' : 'positionCaseInsensitiveUTF8';
    conditions.push(`${position}(record, ${written}) > 0`);
  }
  return conditions;
}

function outcomeCondition(parameters: ParameterList, outcome: readonly string[]): string {
  // Version 0.1.0 stored abandoned streams as `cancelled`.
  const aborted = outcome.includes('aborted') || outcome.includes('cancelled');
  const names = (aborted ? [...outcome, 'aborted', 'cancelled'] : outcome).map(boundedName);
  const flags = outcome.reduce((all, word) => all | (FLAGS_BY_OUTCOME.get(word) ?? 0), 0);
  const parts = [isOneOf(parameters, 'outcome', names)];
  if (flags !== 0) parts.push(`bitAnd(flags, ${flags}) != 0`);
  if (outcome.includes('other'))
    parts.push(`NOT ${isOneOf(parameters, 'outcome', [...KNOWN_OUTCOMES, 'cancelled'])}`);
  return `(${parts.join(' OR ')})`;
}

/** A model's name without a version matches its versions. */
function isVersionOf(parameters: ParameterList, names: ReadonlyArray<string | null>): string {
  const pattern = parameters.add('String', MODEL_VERSION.source);
  const known = names.filter((name) => name !== null);
  return `replaceRegexpOne(toString(model), ${pattern}, '') IN ${parameters.add('Array(String)', known)}`;
}

function bounded(name: string | null): string | null {
  return name === null ? null : boundedName(name);
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}
