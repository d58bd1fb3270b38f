import type { CallSort, TimeRange } from '../../api/index.js';
import { costReasonOf, type CostReason } from '../calls/cost-reasons.js';
import { outcomeName } from '../calls/outcome.js';
import { isCallId, type CallId } from './call-id.js';
import { isTheme, type Theme } from './theme.js';
import { intervalOf, intervalText, isPreset, type RangeChoice } from './time-range.js';

/** Page and its parameters. */
export type Place =
  | { readonly page: 'overview' }
  | { readonly page: 'calls' }
  /** `attempt`: index of the selected attempt; defaults to the last. */
  | { readonly page: 'call'; readonly id: CallId; readonly attempt?: number }
  | { readonly page: 'alerts' }
  /** Unknown page. `path`: as in the URL. */
  | { readonly page: 'unknown'; readonly path: string };

export const KPIS = ['spend', 'calls', 'errors', 'truncated', 'duration', 'first-token', 'tokens'] as const;
export type KpiName = (typeof KPIS)[number];

/** Dimensions for grouping. */
export const GROUPINGS = ['feature', 'operation', 'model', 'route', 'tenant', 'user', 'version'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Dimensions for filtering. An empty name selects calls without one. */
export const NAME_FILTERS = [...GROUPINGS, 'instance', 'environment', 'service'] as const;
export type NameFilter = (typeof NAME_FILTERS)[number];

/** Charts that can be shown as a table. */
export const CHARTS = ['explorer', 'duration', 'truncation', 'errors'] as const;
export type ChartName = (typeof CHARTS)[number];

const SORTS = ['endedAt', 'durationMs', 'costUsd', 'tokens'] as const satisfies readonly CallSort[];
const RETRIES = ['all', 'without', 'only'] as const;

/** Filters. Names apply to measures and lists, the others to lists only. */
export interface Filters extends Readonly<Record<NameFilter, readonly string[]>> {
  readonly outcome: readonly string[];
  /** Reasons of unknown costs. */
  readonly costReason: readonly CostReason[];
  readonly retries: (typeof RETRIES)[number];
  readonly text: string;
}

/** Complete state of the page, as in its URL. */
export interface PageState extends Filters {
  readonly place: Place;
  readonly range: RangeChoice;
  /** Displayed part of the range. */
  readonly zoom: TimeRange | null;
  readonly kpi: KpiName;
  readonly by: Grouping;
  readonly compare: boolean;
  readonly live: boolean;
  /** New calls are held back from the list. */
  readonly paused: boolean;
  /** Charts that are shown as a table. */
  readonly tables: readonly ChartName[];
  /** Durations over time instead of one row per operation. */
  readonly durationOverTime: boolean;
  /** The model of the What-if panel; empty: no comparison. */
  readonly whatIfModel: string;
  /** The feature of the What-if panel; empty: all features that the filters allow. */
  readonly whatIfFeature: string;
  /** `null`: the theme of this browser. */
  readonly theme: Theme | null;
  readonly sort: CallSort;
  readonly order: 'desc' | 'asc';
}

export const NO_FILTERS: Filters = {
  feature: [],
  operation: [],
  model: [],
  route: [],
  tenant: [],
  user: [],
  version: [],
  instance: [],
  environment: [],
  service: [],
  outcome: [],
  costReason: [],
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
  paused: false,
  tables: [],
  durationOverTime: false,
  whatIfModel: '',
  whatIfFeature: '',
  theme: null,
  sort: 'endedAt',
  order: 'desc',
};

export function isFiltered(filters: Filters): boolean {
  return narrowsMeasures(filters) || narrowsCallsOnly(filters);
}

export function narrowsMeasures(filters: Filters): boolean {
  return NAME_FILTERS.some((name) => filters[name].length > 0);
}

export function narrowsCallsOnly({ outcome, costReason, retries, text }: Filters): boolean {
  return outcome.length > 0 || costReason.length > 0 || retries !== 'all' || text !== '';
}

/**
 * Parses a URL below the dashboard's root. `path`: percent-encoded, without a leading slash. Unknown parameters and values
 * are ignored; lists and texts are truncated to the limits of the API.
 */
export function stateOf(path: string, search: string): PageState {
  const query = new URLSearchParams(search);
  const oneOf = <T extends string>(name: string, allowed: readonly T[], otherwise: T): T =>
    allowed.find((value) => value === query.get(name)) ?? otherwise;
  const text = (name: string): string => (query.get(name) ?? '').slice(0, MAX_LENGTH);
  const names = (name: string): string[] =>
    [...new Set(query.getAll(name))].filter((value) => value.length <= MAX_LENGTH).slice(0, MAX_NAMES);
  const range = query.get('range');
  const theme = query.get('theme');
  return {
    place: placeOf(path, query.get('attempt')),
    range: isPreset(range) ? range : (intervalOf(range) ?? DEFAULT_STATE.range),
    zoom: intervalOf(query.get('zoom')),
    ...(Object.fromEntries(NAME_FILTERS.map((name) => [name, names(name)])) as Record<NameFilter, string[]>),
    outcome: [...new Set(names('outcome').flatMap((name) => outcomeName(name) ?? []))],
    costReason: names('costReason').flatMap((name) => costReasonOf(name) ?? []),
    retries: oneOf('retries', RETRIES, 'all'),
    text: text('text'),
    kpi: oneOf('kpi', KPIS, DEFAULT_STATE.kpi),
    by: oneOf('by', GROUPINGS, DEFAULT_STATE.by),
    compare: query.get('compare') !== 'off',
    live: query.get('live') !== 'off',
    paused: query.get('pause') === 'on',
    // Version 0.1.0 used `view=table` for the table of the explorer.
    tables: CHARTS.filter(
      (chart) => names('table').includes(chart) || (chart === 'explorer' && query.get('view') === 'table'),
    ),
    durationOverTime: query.get('durations') === 'over-time',
    whatIfModel: text('whatif'),
    whatIfFeature: text('whatif-feature'),
    theme: isTheme(theme) ? theme : null,
    sort: oneOf('sort', SORTS, DEFAULT_STATE.sort),
    order: oneOf('order', ['desc', 'asc'], DEFAULT_STATE.order),
  };
}

/** Returns the URL of a state below the dashboard's root. Defaults are omitted. */
export function addressOf(state: PageState): string {
  const query = new URLSearchParams();
  const add = (name: string, value: string, otherwise = ''): void => {
    if (value !== otherwise) query.append(name, value);
  };
  if (state.place.page === 'call' && state.place.attempt !== undefined)
    query.append('attempt', String(state.place.attempt + 1));
  add('range', typeof state.range === 'string' ? state.range : intervalText(state.range), 'fit');
  if (state.zoom) query.append('zoom', intervalText(state.zoom));
  for (const name of [...NAME_FILTERS, 'outcome', 'costReason'] as const)
    for (const value of state[name]) query.append(name, value);
  add('retries', state.retries, 'all');
  add('text', state.text);
  add('kpi', state.kpi, DEFAULT_STATE.kpi);
  add('by', state.by, DEFAULT_STATE.by);
  add('compare', state.compare ? 'on' : 'off', 'on');
  add('live', state.live ? 'on' : 'off', 'on');
  add('pause', state.paused ? 'on' : 'off', 'off');
  for (const chart of state.tables) query.append('table', chart);
  add('durations', state.durationOverTime ? 'over-time' : '');
  add('whatif', state.whatIfModel);
  add('whatif-feature', state.whatIfFeature);
  add('theme', state.theme ?? '');
  add('sort', state.sort, DEFAULT_STATE.sort);
  add('order', state.order, DEFAULT_STATE.order);
  // Allowed in a query, and easier to read unescaped.
  const text = query.toString().replaceAll('%3A', ':').replaceAll('%2F', '/');
  return pathOf(state.place) + (text && `?${text}`);
}

/** Limits of the API, see `server/endpoints/queries.schema.ts`. */
const MAX_NAMES = 50;
const MAX_LENGTH = 200;

function placeOf(path: string, attempt: string | null): Place {
  const plain = path.replace(/\/+$/, '');
  if (plain === '') return { page: 'overview' };
  if (plain === 'calls' || plain === 'alerts') return { page: plain };
  const [page, id, ...rest] = plain.split('/');
  if (page !== 'calls' || !isCallId(id) || rest.length > 0)
    return { page: 'unknown', path: plain.slice(0, MAX_LENGTH) };
  // The URL counts attempts from 1.
  const number = /^[1-9]\d{0,3}$/.test(attempt ?? '') ? Number(attempt) - 1 : undefined;
  return { page: 'call', id, ...(number !== undefined && { attempt: number }) };
}

function pathOf(place: Place): string {
  switch (place.page) {
    case 'overview':
      return '';
    case 'call':
      return `calls/${place.id}`;
    case 'unknown':
      return place.path;
    default:
      return place.page;
  }
}
