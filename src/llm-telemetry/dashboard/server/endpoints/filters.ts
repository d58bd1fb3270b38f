import { KNOWN_OUTCOMES, OUTCOME_GROUPS } from '../../../calls/outcome.js';
import type { CallFilter } from '../../../store/calls.js';
import type { Dimension, MeasureFilter } from '../../../store/measures.js';
import type { FigureQuery } from '../../../analytics/queries/query.js';
import type { Parameters } from './parameters.js';

/** Filter parameters of every list and measure. */
export const FILTERS = [
  'feature',
  'operation',
  'provider',
  'model',
  'route',
  'tenant',
  'user',
] as const satisfies readonly Dimension[];

export const MEASURE_PARAMETERS = ['from', 'to', ...FILTERS] as const;

export const CALL_PARAMETERS = [
  ...MEASURE_PARAMETERS,
  'outcome',
  'retried',
  'text',
  'sort',
  'order',
] as const;

const OUTCOMES = [...OUTCOME_GROUPS, ...KNOWN_OUTCOMES];

export function measureQuery(parameters: Parameters): Required<FigureQuery> {
  return { range: parameters.range(), where: measureFilter(parameters) };
}

/** Reads the filters of measures. `names`: parameters of dimensions that differ from their own names. */
export function measureFilter(
  parameters: Parameters,
  names: Readonly<Partial<Record<'provider' | 'model', string>>> = {},
): MeasureFilter {
  return withoutUndefined({
    feature: parameters.many('feature'),
    operation: parameters.many('operation'),
    provider: parameters.manyOrNone(names.provider ?? 'provider'),
    model: parameters.manyOrNone(names.model ?? 'model'),
    route: parameters.manyOrNone('route'),
    tenant: parameters.manyOrNone('tenant'),
    user: parameters.manyOrNone('user'),
  });
}

export function callFilter(parameters: Parameters): CallFilter {
  return {
    ...measureFilter(parameters),
    ...withoutUndefined({
      outcome: parameters.manyOf('outcome', OUTCOMES),
      retried: parameters.flag('retried'),
      // An empty search matches every call.
      text: parameters.one('text') || undefined,
    }),
  };
}

/** Removes undefined filters: a store may treat each key as a filter. */
function withoutUndefined<T extends object>(filter: T): Partial<T> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as Partial<T>;
}
