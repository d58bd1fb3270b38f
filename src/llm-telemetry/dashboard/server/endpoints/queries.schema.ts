import { DAY, HOUR, MINUTE } from '../../../units/time.js';
import { DIMENSIONS } from '../../../store/measures.js';
import { METRICS } from '../../../analytics/measure-series.js';
import type { CallSort } from '../../../store/calls.js';
import type { Dimension } from '../../../store/measures.js';
import { COST_REASONS, type CostReasonCode } from '../../../calls/cost.js';
import { KNOWN_OUTCOMES, OUTCOME_GROUPS } from '../../../calls/outcome.js';
import { boundedName } from '../../../text/bounded-name.js';
import {
  list,
  once,
  required,
  requiredList,
  type QueryOf,
  type QueryParameters,
} from '../../../validation/query.js';
import { oneOf, parsed, type Parsed } from '../../../validation/schema.js';

/** Names are cut to the limit of the store. */
const name = parsed('a name', boundedName);
/** An empty value selects calls without a name. */
const nameOrNone = parsed<string | null>('a name', (text) => (text === '' ? null : boundedName(text)));

const MAX_TEXT_LENGTH = 200;
const text = parsed(`at most ${MAX_TEXT_LENGTH} characters long`, (given) =>
  given.length <= MAX_TEXT_LENGTH ? given : undefined,
);

const flag = parsed('"true" or "false"', (given) => ({ true: true, false: false })[given]);

const timestamp = parsed(
  'an ISO 8601 timestamp between 2000 and 2100, such as 2026-11-24T14:45:00Z',
  parseTimestamp,
);

const UNIT_MS = { m: MINUTE, h: HOUR, d: DAY };
/** Milliseconds. */
const duration = parsed('a duration such as 15m, 2h or 1d', (given) => {
  const [, number, unit] = /^([1-9]\d{0,3})([mhd])$/.exec(given) ?? [];
  return number && unit ? Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS] : undefined;
});

function integer(min: number, max: number): Parsed<number> {
  return parsed(`an integer from ${min} to ${max}`, (given) => {
    const number = Number(given);
    return /^-?\d+$/.test(given) && number >= min && number <= max ? number : undefined;
  });
}

const RANGE = { from: once(timestamp), to: once(timestamp) };

const FILTERS = {
  feature: list(name),
  operation: list(name),
  provider: list(nameOrNone),
  model: list(nameOrNone),
  route: list(nameOrNone),
  tenant: list(nameOrNone),
  user: list(nameOrNone),
  service: list(nameOrNone),
  version: list(nameOrNone),
  environment: list(nameOrNone),
  instance: list(nameOrNone),
} satisfies Record<Dimension, unknown>;

const MEASURES = { ...RANGE, ...FILTERS };

const BUCKETS = { bucket: once(duration), utcOffset: once(integer(-840, 840)) };

const SORTS: readonly CallSort[] = ['endedAt', 'durationMs', 'costUsd', 'tokens'];

const COST_REASON_CODES = Object.keys(COST_REASONS) as CostReasonCode[];

const CALLS = {
  ...MEASURES,
  outcome: list(oneOf([...OUTCOME_GROUPS, ...KNOWN_OUTCOMES]), { distinct: true }),
  costReasonCode: list(oneOf(COST_REASON_CODES), { distinct: true }),
  retried: once(flag),
  text: once(text),
  sort: once(oneOf(SORTS)),
  order: once(oneOf(['desc', 'asc'])),
};

const { model: fromModel, provider: fromProvider, feature, operation, ...OTHER_FILTERS } = FILTERS;

/** Parameters of each endpoint of the API (docs/api.md). */
export const QUERIES = {
  'api/summary': MEASURES,
  'api/breakdown': {
    ...MEASURES,
    by: requiredList(oneOf(DIMENSIONS), { distinct: true }),
    quantiles: once(flag),
    mergeVersions: once(flag),
    limit: once(integer(1, 1000)),
  },
  'api/timeline': {
    ...MEASURES,
    ...BUCKETS,
    by: list(oneOf(DIMENSIONS), { distinct: true }),
    metric: requiredList(oneOf(METRICS), { distinct: true, max: 8 }),
    mergeVersions: once(flag),
    limit: once(integer(1, 50)),
  },
  'api/errors': { ...MEASURES, ...BUCKETS },
  'api/retries': MEASURES,
  'api/quality': MEASURES,
  'api/budgets': FILTERS,
  // `model` and `provider` name the other model; `fromModel` and `fromProvider` filter the calls.
  'api/what-if': {
    ...RANGE,
    model: required(parsed('the name of the other model', (given) => (given === '' ? undefined : given))),
    provider: once(text),
    feature,
    operation,
    fromModel,
    fromProvider,
    ...OTHER_FILTERS,
  },
  'api/calls': { ...CALLS, limit: once(integer(1, 1000)), cursor: once(text) },
  'api/calls.csv': CALLS,
  'api/calls.ndjson': CALLS,
  'api/calls/*': {},
  'api/alerts': {},
  'api/status': {},
  'api/live': {},
} satisfies Readonly<Record<string, QueryParameters>>;

/** Valid queries by endpoint. */
export type Queries = { readonly [Path in keyof typeof QUERIES]: QueryOf<(typeof QUERIES)[Path]> };

const ISO_8601 = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

const YEAR_2000 = Date.UTC(2000, 0);
const YEAR_2100 = Date.UTC(2100, 0);

/**
 * Parses an ISO 8601 timestamp to Unix milliseconds. A date means its start. The default time zone is UTC. Returns
 * `undefined` for invalid text and for years outside 2000 to 2099.
 */
function parseTimestamp(given: string): number | undefined {
  // An unencoded plus in a query is decoded as a space.
  const written = given.replace(/ (?=\d{2}:?\d{2}$)/, '+');
  const [whole, day, zone] = ISO_8601.exec(written) ?? [];
  if (whole === undefined || day === undefined) return undefined;
  // `Date` parses 30 February as a day in March.
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return undefined;
  const moment = Date.parse(whole.length > day.length && zone === undefined ? `${whole}Z` : whole);
  return moment >= YEAR_2000 && moment < YEAR_2100 ? moment : undefined;
}
