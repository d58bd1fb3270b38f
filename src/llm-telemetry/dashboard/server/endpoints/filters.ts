import { DAY } from '../../../units/time.js';
import { BadRequestException } from '@nestjs/common';
import { lastDay } from '../../../analytics/time-ranges.js';
import type { FilteredQuery } from '../../../analytics/queries.js';
import type { CallFilter } from '../../../store/calls.js';
import { DIMENSIONS, type MeasureFilter, type TimeRange } from '../../../store/measures.js';
import type { Queries } from './queries.schema.js';

export function measureQuery(query: Queries['api/summary']): Required<FilteredQuery> {
  return { range: rangeOf(query), where: measureFilter(query) };
}

/**
 * Returns the range `from`–`to`. `to` defaults to now, `from` to 24 hours before `to`.
 *
 * @throws BadRequestException
 */
export function rangeOf({ from, to }: { readonly from?: number; readonly to?: number }): TimeRange {
  const end = to ?? lastDay().to;
  const start = from ?? end - DAY;
  if (start >= end) throw new BadRequestException('Invalid range: "from" must be before "to".');
  return { from: start, to: end };
}

/** Returns the filters of measures. */
export function measureFilter(query: Queries['api/budgets']): MeasureFilter {
  return withoutUndefined(
    Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, query[dimension]])) as MeasureFilter,
  );
}

/** Returns the filters of calls. An empty search matches every call. */
export function callFilter(query: Queries['api/calls.csv']): CallFilter {
  const { outcome, costReasonCode, retried, text } = query;
  const filters = { outcome, costReasonCode, retried, text: text || undefined };
  return { ...measureFilter(query), ...withoutUndefined(filters) };
}

/** Removes undefined filters: a store may treat each key as a filter. */
function withoutUndefined<T extends object>(filter: T): Partial<T> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as Partial<T>;
}
