import type { CallsParameters, TimeRange } from '../../api/index.js';
import { outcomeParameters } from '../calls/outcome.js';
import { GROUPINGS, type Filters, type Grouping } from '../state/page-state.js';

type Value = string | number | boolean | readonly string[] | undefined;

/** An endpoint with its parameters, in the API's own words. What is `undefined` is left out. */
export function question(endpoint: string, parameters: Readonly<Record<string, Value>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    for (const one of typeof value === 'object' ? value : [value]) query.append(name, String(one));
  }
  const text = query.toString();
  return text ? `${endpoint}?${text}` : endpoint;
}

/** The parameters of every figure. */
export function figureParameters({ from, to }: TimeRange, filters: Pick<Filters, Grouping>) {
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    ...nameParameters(filters),
  };
}

/** The filters by name. */
export function nameParameters(filters: Pick<Filters, Grouping>) {
  return Object.fromEntries(GROUPINGS.map((grouping) => [grouping, filters[grouping]])) as Record<
    Grouping,
    readonly string[]
  >;
}

/** The parameters of a list of calls. */
export function callParameters(range: TimeRange, filters: Filters): CallsParameters {
  return {
    ...figureParameters(range, filters),
    outcome: outcomeParameters(filters.outcome),
    retried: filters.retries === 'all' ? undefined : filters.retries === 'only' ? 'true' : 'false',
    text: filters.text || undefined,
  };
}

/** What a question is about, whenever it is asked: two with the same subject differ in their range only. */
export function subjectOf(question: string): string {
  return question.replace(/\b(?:from|to)=[^&]*&?/g, '');
}
