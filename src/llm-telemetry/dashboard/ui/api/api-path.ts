import type { CallsParameters, TimeRange } from '../../api/index.js';
import { costReasonParameters } from '../calls/cost-reasons.js';
import { outcomeParameters } from '../calls/outcome.js';
import { NAME_FILTERS, type Filters, type NameFilter } from '../state/page-state.js';

type Value = string | number | boolean | readonly string[] | undefined;

/** Returns the path of an endpoint with its query. Undefined parameters are omitted. */
export function apiPath(endpoint: string, parameters: Readonly<Record<string, Value>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    for (const one of typeof value === 'object' ? value : [value]) query.append(name, String(one));
  }
  const text = query.toString();
  return text ? `${endpoint}?${text}` : endpoint;
}

/** Returns the common parameters of endpoints for measures. */
export function measureParameters({ from, to }: TimeRange, filters: Pick<Filters, NameFilter>) {
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    ...nameParameters(filters),
  };
}

/** Returns the name filters as parameters. */
export function nameParameters(filters: Pick<Filters, NameFilter>) {
  return Object.fromEntries(NAME_FILTERS.map((name) => [name, filters[name]])) as Record<
    NameFilter,
    readonly string[]
  >;
}

/** Returns the parameters of a list of calls. */
export function callParameters(range: TimeRange, filters: Filters): CallsParameters {
  return {
    ...measureParameters(range, filters),
    outcome: outcomeParameters(filters.outcome),
    costReasonCode: costReasonParameters(filters.costReason),
    retried: filters.retries === 'all' ? undefined : filters.retries === 'only' ? 'true' : 'false',
    text: filters.text || undefined,
  };
}

/** Returns a path without its range: requests that differ only in their range have the same subject. */
export function subjectOf(path: string): string {
  return path.replace(/\b(?:from|to)=[^&]*&?/g, '');
}
