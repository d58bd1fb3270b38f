import type {
  AlertInstance,
  AlertName,
  AlertNames,
  AlertRule,
  AlertsResponse,
  AlertUnit,
  TimeRange,
} from '../../api/index.js';
import { counted, duration, moment, money, percent, wholeCount } from '../formats/formats.js';
import { RATIO } from '../formats/measure-formats.js';
import { nameText } from '../formats/names.js';
import type { Filters, Grouping, PageState } from '../state/page-state.js';
import { KPI_LIST, type Kpi } from './kpis.js';

type NameFilters = Pick<Filters, Grouping>;

/** `cost_spike`: “Cost spike”. */
export function alertTitle(name: AlertName): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');
}

export function alertValue(value: number, unit: AlertUnit): string {
  switch (unit) {
    case 'ms':
      return duration(value);
    case 'ratio':
      return percent(value);
    case 'usd':
      return money(value);
    case 'usd_per_hour':
      return `${money(value)}/h`;
    case 'per_minute':
      return `${wholeCount(value)}/min`;
    case 'calls':
      return wholeCount(value);
  }
}

/** Formats a value with enough digits to differ from its limit, unless they are equal: `5.04%` beside `5%`. */
export function alertValueBeside(value: number, limit: number | null, unit: AlertUnit): string {
  const text = alertValue(value, unit);
  if (limit === null || value === limit || withoutZeros(text) !== alertLimit(limit, unit)) return text;
  // Replaces the digits of the text by as many as needed.
  const [scaled, of] =
    unit === 'ratio'
      ? [value * 100, limit * 100]
      : [value, limit].map((ms) => ms / (unit === 'ms' && text.endsWith(' s') ? 1000 : 1));
  let digits = 3;
  while (digits < 15 && Number(scaled!.toPrecision(digits)) === of) digits++;
  return text.replace(/[\d.,]+/, String(Number(scaled!.toPrecision(digits))));
}

/** Formats a limit as configured: `5%`, not `5.0%`; `10 s`, not `10.0 s`. */
export function alertLimit(limit: number, unit: AlertUnit): string {
  const text = unit === 'ratio' ? RATIO.tick(limit, limit) : alertValue(limit, unit);
  return withoutZeros(text);
}

function withoutZeros(text: string): string {
  return text.replace(/\.0+(?=\D*$)/, '');
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
  const { value, limit, since, state } = first;
  const side = rule.fires;
  const subject = alertSubject(first) ?? 'All calls';
  const values =
    value === null || limit === null
      ? `is ${side} its limit`
      : `is at ${alertValueBeside(value, limit, rule.unit)}, ${side} its limit of ${alertLimit(limit, rule.unit)}`;
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
