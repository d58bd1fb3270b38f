import type { CallFilter } from '../../store/calls.js';
import type { SeriesFilter } from '../../store/measures.js';
import type { FigureQuery } from '../queries/query.js';
import type { Parameters } from './parameters.js';

export const FIGURE_PARAMETERS = ['from', 'to', 'feature', 'operation', 'provider', 'model'] as const;

export const CALL_PARAMETERS = [
  ...FIGURE_PARAMETERS,
  'route',
  'tenant',
  'outcome',
  'retried',
  'text',
  'sort',
  'order',
] as const;

export function figureQuery(parameters: Parameters): Required<FigureQuery> {
  return { range: parameters.range(), where: seriesFilter(parameters) };
}

function seriesFilter(parameters: Parameters): SeriesFilter {
  return given({
    feature: parameters.many('feature'),
    operation: parameters.many('operation'),
    provider: parameters.manyOrNone('provider'),
    model: parameters.manyOrNone('model'),
  });
}

export function callFilter(parameters: Parameters): CallFilter {
  return {
    ...seriesFilter(parameters),
    ...given({
      route: parameters.many('route'),
      tenant: parameters.many('tenant'),
      outcome: parameters.many('outcome'),
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
