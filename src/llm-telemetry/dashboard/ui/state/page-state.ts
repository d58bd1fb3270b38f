import type { CallSort, TimeRange } from '../../api/index.js';
import { intervalOf, intervalText, isPreset, type RangeChoice } from './time-range.js';

/** Which page it is. */
export type Place =
  | { readonly page: 'overview' }
  | { readonly page: 'calls' }
  /** `attempt`: the number of one, from 0; the last one where it is left out. */
  | { readonly page: 'call'; readonly id: number; readonly attempt?: number }
  | { readonly page: 'alerts' };

export const KPIS = ['spend', 'calls', 'errors', 'truncated', 'duration', 'first-token', 'tokens'] as const;
export type KpiName = (typeof KPIS)[number];

export const GROUPINGS = ['feature', 'operation', 'model'] as const;
/** What figures are told apart by, and filtered by. An empty model: calls without any request. */
export type Grouping = (typeof GROUPINGS)[number];

const SORTS = ['endedAt', 'durationMs', 'costUsd', 'tokens'] as const satisfies readonly CallSort[];
const RETRIES = ['all', 'without', 'only'] as const;

/** Which calls. The first three hold for figures too, the others for lists of calls only. */
export interface Filters {
  readonly feature: readonly string[];
  readonly operation: readonly string[];
  readonly model: readonly string[];
  readonly outcome: readonly string[];
  readonly retries: (typeof RETRIES)[number];
  readonly text: string;
}

/** All that the page shows, as its address says it: there is no other state that matters. */
export interface PageState extends Filters {
  readonly place: Place;
  readonly range: RangeChoice;
  /** A part of the range that is looked at instead of it. */
  readonly zoom: TimeRange | null;
  readonly kpi: KpiName;
  readonly by: Grouping;
  readonly compare: boolean;
  readonly live: boolean;
  /** The explorer's table in place of its chart. */
  readonly table: boolean;
  readonly sort: CallSort;
  readonly order: 'desc' | 'asc';
}

export const NO_FILTERS: Filters = {
  feature: [],
  operation: [],
  model: [],
  outcome: [],
  retries: 'all',
  text: '',
};

export const DEFAULT_STATE: PageState = {
  ...NO_FILTERS,
  place: { page: 'overview' },
  range: 'fit',
  zoom: null,
  kpi: 'spend',
  by: 'feature',
  compare: true,
  live: true,
  table: false,
  sort: 'endedAt',
  order: 'desc',
};

export function isFiltered(filters: Filters): boolean {
  return narrowsFigures(filters) || narrowsCallsOnly(filters);
}

export function narrowsFigures({ feature, operation, model }: Filters): boolean {
  return feature.length + operation.length + model.length > 0;
}

export function narrowsCallsOnly({ outcome, retries, text }: Filters): boolean {
  return outcome.length > 0 || retries !== 'all' || text !== '';
}

/** Reads an address below the dashboard's own: `path` without a slash in front. What it does not know it leaves out. */
export function stateOf(path: string, search: string): PageState {
  const query = new URLSearchParams(search);
  const oneOf = <T extends string>(name: string, allowed: readonly T[], otherwise: T): T =>
    allowed.find((value) => value === query.get(name)) ?? otherwise;
  const range = query.get('range');
  return {
    place: placeOf(path, query.get('attempt')),
    range: isPreset(range) ? range : (intervalOf(range) ?? DEFAULT_STATE.range),
    zoom: intervalOf(query.get('zoom')),
    feature: query.getAll('feature'),
    operation: query.getAll('operation'),
    model: query.getAll('model'),
    outcome: query.getAll('outcome'),
    retries: oneOf('retries', RETRIES, 'all'),
    text: query.get('text') ?? '',
    kpi: oneOf('kpi', KPIS, DEFAULT_STATE.kpi),
    by: oneOf('by', GROUPINGS, DEFAULT_STATE.by),
    compare: query.get('compare') !== 'off',
    live: query.get('live') !== 'off',
    table: query.get('view') === 'table',
    sort: oneOf('sort', SORTS, DEFAULT_STATE.sort),
    order: oneOf('order', ['desc', 'asc'], DEFAULT_STATE.order),
  };
}

/** The address of a state, below the dashboard's own. What is as it is by default is left out. */
export function addressOf(state: PageState): string {
  const query = new URLSearchParams();
  const add = (name: string, value: string, otherwise: string): void => {
    if (value !== otherwise) query.append(name, value);
  };
  if (state.place.page === 'call' && state.place.attempt !== undefined)
    query.append('attempt', String(state.place.attempt + 1));
  add('range', typeof state.range === 'string' ? state.range : intervalText(state.range), 'fit');
  if (state.zoom) query.append('zoom', intervalText(state.zoom));
  for (const name of ['feature', 'operation', 'model', 'outcome'] as const)
    for (const value of state[name]) query.append(name, value);
  add('retries', state.retries, 'all');
  add('text', state.text, '');
  add('kpi', state.kpi, DEFAULT_STATE.kpi);
  add('by', state.by, DEFAULT_STATE.by);
  add('compare', state.compare ? 'on' : 'off', 'on');
  add('live', state.live ? 'on' : 'off', 'on');
  add('view', state.table ? 'table' : 'chart', 'chart');
  add('sort', state.sort, DEFAULT_STATE.sort);
  add('order', state.order, DEFAULT_STATE.order);
  // Both may stand in a query as they are, and are easier to read so.
  const text = query.toString().replaceAll('%3A', ':').replaceAll('%2F', '/');
  return pathOf(state.place) + (text && `?${text}`);
}

function placeOf(path: string, attempt: string | null): Place {
  const [page = '', id] = path.replace(/\/+$/, '').split('/');
  if (page === 'calls' && id !== undefined && /^\d{1,15}$/.test(id)) {
    const place = { page: 'call' as const, id: Number(id) };
    // People count from 1.
    return /^[1-9]\d{0,3}$/.test(attempt ?? '') ? { ...place, attempt: Number(attempt) - 1 } : place;
  }
  return page === 'calls' || page === 'alerts' ? { page } : { page: 'overview' };
}

function pathOf(place: Place): string {
  if (place.page === 'overview') return '';
  return place.page === 'call' ? `calls/${place.id}` : place.page;
}
