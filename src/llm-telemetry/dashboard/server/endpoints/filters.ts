import { KNOWN_OUTCOMES, OUTCOME_GROUPS } from '../../../store/outcome.js';
import type { CallFilter } from '../../../store/calls.js';
import type { Dimension, MeasureFilter } from '../../../store/measures.js';
import type { FigureQuery } from '../../../analytics/queries/query.js';
import type { Parameters } from './parameters.js';

/** Filters of every list and measure. */
export const FILTERS = [
  'feature',
  'operation',
  'provider',
  'model',
  'route',
  'tenant',
  'user',
] as const satisfies readonly Dimension[];

export const FIGURE_PARAMETERS = ['from', 'to', ...FILTERS] as const;

export const CALL_PARAMETERS = [...FIGURE_PARAMETERS, 'outcome', 'retried', 'text', 'sort', 'order'] as const;

const OUTCOMES = [...OUTCOME_GROUPS, ...KNOWN_OUTCOMES];

export function figureQuery(parameters: Parameters): Required<FigureQuery> {
  return { range: parameters.range(), where: measureFilter(parameters) };
}

/** `names`: under which parameter a dimension is given, if not under its own name. */
export function measureFilter(
  parameters: Parameters,
  names: Readonly<Partial<Record<'provider' | 'model', string>>> = {},
): MeasureFilter {
  return given({
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
    ...given({
      outcome: parameters.manyOf('outcome', OUTCOMES),
      retried: parameters.flag('retried'),
      // Nothing that is looked for is in every call.
      text: parameters.one('text') || undefined,
    }),
  };
}

/** Without what is not there: a store may take a name of a filter for a filter. */
function given<T extends object>(filter: T): Partial<T> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as Partial<T>;
}
