import type {
  AlertInstance,
  AlertName,
  AlertNames,
  AlertRule,
  AlertsResponse,
  AlertUnit,
  TimeRange,
} from '../../api/index.js';
import { formatCompared, formatValue } from '../../../alerts/alert-value.js';
import { counted, moment } from '../formats/formats.js';
import { nameText } from '../formats/names.js';
import type { Filters, Grouping, PageState } from '../state/page-state.js';
import { KPI_LIST, type Kpi } from './kpis.js';

type NameFilters = Pick<Filters, 'feature' | 'operation' | 'model'>;

/** `cost_spike`: “Cost spike”. */
export function alertTitle(name: AlertName): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');
}

/**
 * Formats the value and the limit of an alert, with enough digits to distinguish them: `5.04%` and `5%`. `null`: not
 * known.
 */
export function alertValues(
  { value, limit }: Pick<AlertInstance, 'value' | 'limit'>,
  unit: AlertUnit,
): [value: string | null, limit: string | null] {
  if (value !== null && limit !== null) return formatCompared(value, limit, unit, { short: true });
  const text = (known: number | null) => (known === null ? null : formatValue(known, unit, { short: true }));
  return [text(value), text(limit)];
}

/** Returns the subject of an alert: `support_chat`, `reply of support_chat`; `null` for the whole application. */
export function alertSubject({ names }: Pick<AlertInstance, 'names'>): string | null {
  const { operation, ...others } = names;
  const rest = Object.values(others).map((name) => nameText(name));
  if (operation !== undefined) return [nameText(operation), ...rest].join(' of ');
  return rest.length > 0 ? rest.join(', ') : null;
}

/** `since 12:31`; pending, `fires at 12:36`: if the value stays beyond its limit until then. */
export function alertSince({ state, since }: AlertInstance, { forMs }: AlertRule, now: number): string {
  if (state !== 'pending' || forMs === 0) return `since ${moment(since, now)}`;
  const at = since + forMs;
  return at > now ? `fires at ${moment(at, now)}` : 'fires at the next check';
}

/**
 * Returns the finding of a firing or pending alert for the panel of its values: group, value, limit and since when.
 * `null` without such an alert; the panel then summarizes its data.
 */
export function alertFinding(
  rule: AlertRule | undefined,
  now: number | null,
  filters: NameFilters,
): string | null {
  const open = (rule?.instances ?? []).filter(
    ({ state, names }) => (state === 'firing' || state === 'pending') && matchesFilters(names, filters),
  );
  const [first] = open;
  if (!rule || !first || now === null) return null;
  const { since, state } = first;
  const [value, limit] = alertValues(first, rule.unit);
  const side = rule.fires;
  const subject = alertSubject(first) ?? 'All calls';
  const values =
    value === null || limit === null
      ? `is ${side} its limit`
      : `is at ${value}, ${side} its limit of ${limit}`;
  const more = open.length > 1 ? `, and ${counted(open.length - 1, 'other')} too` : '';
  const pending = state === 'pending' ? ' (pending)' : '';
  return `${subject} ${values} since ${moment(since, now)}${pending}${more}`;
}

/** Returns the alert limit to draw in a chart; `null` if there is none or if it applies to other groups. */
export function limitOf(response: AlertsResponse | null, { limit }: Kpi, by: Grouping): number | null {
  if (limit?.by !== by) return null;
  const rule = response?.alerts.find(({ name }) => name === limit.alert);
  return rule && rule.state !== 'disabled' ? rule.limit : null;
}

/** Returns the page state that shows the measure of an alert, filtered by its subject. */
export function alertPlace(name: AlertName, { names }: Pick<AlertInstance, 'names'>): Partial<PageState> {
  const kpi = KPI_LIST.find(({ alerts }) => alerts.includes(name))?.name;
  if (!kpi) return { place: { page: 'alerts' } };
  const by = (['feature', 'operation', 'model'] as const).findLast((name) => names[name] !== undefined);
  const list = (value: string | null | undefined): string[] => (value === undefined ? [] : [value ?? '']);
  return {
    place: { page: 'overview' },
    kpi,
    ...(by && { by }),
    feature: list(names.feature),
    operation: list(names.operation),
    model: list(names.model),
  };
}

/** Returns firing, pending and resolved alerts, in this order. */
export function openAlerts(response: AlertsResponse): Array<{ rule: AlertRule; instance: AlertInstance }> {
  const order = ['firing', 'pending', 'resolved'];
  return response.alerts
    .flatMap((rule) => rule.instances.map((instance) => ({ rule, instance })))
    .filter(({ instance }) => order.includes(instance.state))
    .sort((a, b) => order.indexOf(a.instance.state) - order.indexOf(b.instance.state));
}

export function isFiring(response: AlertsResponse | null, kpi: Kpi, filters: NameFilters): boolean {
  return (response?.alerts ?? []).some(
    ({ name, instances }) =>
      kpi.alerts.includes(name) &&
      instances.some(({ state, names }) => state === 'firing' && matchesFilters(names, filters)),
  );
}

/** Returns true if the filters select the subject of an alert. */
function matchesFilters(names: AlertNames, filters: NameFilters): boolean {
  return (['feature', 'operation', 'model'] as const).every((by) => {
    const name = names[by];
    return name === undefined || filters[by].length === 0 || filters[by].includes(name ?? '');
  });
}

/** Returns the merged periods in which alerts of a measure fired. A firing alert ends with the range. */
export function firingsOf(
  response: AlertsResponse | null,
  kpi: Kpi,
  range: TimeRange,
  filters: NameFilters,
): TimeRange[] {
  const all = (response?.firings ?? [])
    .filter(({ name, names }) => kpi.alerts.includes(name) && matchesFilters(names, filters))
    .map(({ from, to }) => ({ from, to: to ?? Infinity }))
    .filter(({ from, to }) => from < range.to && to > range.from)
    .sort((a, b) => a.from - b.from);
  return merged(all);
}

/** Merges overlapping ranges. */
function merged(ranges: readonly TimeRange[]): TimeRange[] {
  const result: TimeRange[] = [];
  for (const range of ranges) {
    const last = result.at(-1);
    if (last && range.from <= last.to)
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    else result.push(range);
  }
  return result;
}
