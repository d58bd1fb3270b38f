import { MINUTE } from '../../units/time.js';
import { withoutVersion } from '../../calls/model-version.js';
import { modelOfAttempt } from '../../calls/outcome.js';
import type { AttemptRecord, CallRecord } from '../../calls/record.js';
import { boundedName } from '../../text/bounded-name.js';
import type { CallOrigin } from '../call-origin.js';
import { StoreQueryError } from '../call-store.js';
import { HISTOGRAM_MEASURES, HISTOGRAM_TABLE } from '../measure-table.js';
import {
  CALL_DIMENSIONS,
  SERIES_DIMENSIONS,
  type BucketedQuery,
  type Dimension,
  type MeasureFilter,
  type MeasureQuery,
  type TimeRange,
} from '../measures.js';
import { decodeRecord } from '../record-codec/record-text.js';
import { addCall, addErrors, noSums, type ErrorsByType, type Sums } from '../sums.js';
import type { Backend, ScanLimits } from './backend.js';
import { isOfUser, storedEndOf, userOf } from './call-columns.js';
import {
  ROLLUP_LENGTHS,
  type RollupLength,
  type TimeBuckets,
  timeBucketsOf,
  widenToRollups,
} from './rollup-ranges.js';

/** Measures from calls have a resolution of a minute at any time. */
const NO_HORIZONS = Object.fromEntries(ROLLUP_LENGTHS.map((length) => [length, 0])) as Record<
  RollupLength,
  number
>;

/** Returns true if a query cannot be answered from rollups, and must read calls. */
export function needsCalls({
  by = [],
  where = {},
  quantiles = false,
}: Pick<MeasureQuery, 'by' | 'where' | 'quantiles'>): boolean {
  if (CALL_DIMENSIONS.some((dimension) => where[dimension] !== undefined)) return true;
  return by.some(isCallDimension) && !(hasOwnRollups(by) && !isFiltered(where) && !quantiles);
}

/** Returns true for breakdowns that have their own rollups. */
export function hasOwnRollups(by: readonly Dimension[]): boolean {
  return by.length === 1 && (by[0] === 'route' || by[0] === 'tenant');
}

function isCallDimension(dimension: Dimension): boolean {
  return (CALL_DIMENSIONS as readonly Dimension[]).includes(dimension);
}

/** All rollups can be filtered by their origin. */
function isFiltered(where: MeasureFilter): boolean {
  return SERIES_DIMENSIONS.some((dimension) => where[dimension] !== undefined);
}

/** Returns the range of a result from calls, in whole minutes and without minutes whose calls were deleted, and its buckets. */
export async function rangeFromCalls(
  backend: Backend,
  query: BucketedQuery,
): Promise<{ readonly range: TimeRange; readonly times: TimeBuckets | null }> {
  const { from, to } = widenToRollups(query.range, NO_HORIZONS);
  const times = timeBucketsOf(query, NO_HORIZONS);
  const { first, oldest } = await backend.keptSince();
  const wasCut = first !== null && (oldest === null || first < Math.floor(oldest / MINUTE) * MINUTE);
  if (!wasCut) return { range: { from, to }, times };
  const since = oldest === null ? to : Math.ceil(oldest / MINUTE) * MINUTE;
  return { range: { from: Math.min(Math.max(from, since), to - MINUTE), to }, times };
}

/** The share of a call that belongs to one model, with the names that measures are grouped by. */
export interface CallPart {
  /** When the call ended, Unix milliseconds. */
  readonly at: number;
  readonly names: Readonly<Record<Dimension, string | null>>;
  readonly sums: Sums;
  readonly errors: ErrorsByType;
  /** Values of `HISTOGRAM_MEASURES`, in the part of the model that the call is counted under; otherwise empty. */
  readonly values: ReadonlyArray<number | null>;
}

/** Bounds of one query (`docs/api.md`). */
export const PART_LIMITS: ScanLimits = { calls: 50_000, scanned: 2_000_000 };

/**
 * Reads the parts of all calls in a range that match a filter. Provider and model are those of a part: a call may have
 * attempts of several models.
 *
 * @throws StoreQueryError if there are more calls than the limits allow
 */
export async function readParts(
  backend: Backend,
  range: TimeRange,
  { provider, model, ...ofCall }: MeasureFilter,
  limits: ScanLimits = PART_LIMITS,
): Promise<CallPart[]> {
  const [providers, models] = [provider?.map(keptName), model?.map(keptName)];
  const parts: CallPart[] = [];
  let calls = 0;
  await backend.scanRecords({ range, where: ofCall, limits }, (text, origin) => {
    const record = decodeRecord(text);
    if (!isOfUser(record, ofCall.user)) return;
    if (++calls > limits.calls) throw tooManyCalls(limits.calls, 'match');
    for (const part of partsOf(record, origin))
      if (matches(part.names.provider, providers) && matchesModel(part.names.model, models)) parts.push(part);
  });
  return parts;
}

/** Returns the error for a scan of more calls than its limit. */
export function tooManyCalls(limit: number, what: 'match' | 'are in the range'): StoreQueryError {
  return new StoreQueryError(
    `More than ${limit.toLocaleString('en')} calls ${what}. Measures by or of routes, tenants, users or instances are ` +
      'computed from the calls themselves: choose a shorter range, or add a filter.',
  );
}

function matches(name: string | null, wanted: ReadonlyArray<string | null> | undefined): boolean {
  return wanted === undefined || wanted.includes(name);
}

/** A model's name without a version matches its versions, as in `SeriesFilter`. */
function matchesModel(name: string | null, wanted: ReadonlyArray<string | null> | undefined): boolean {
  return matches(name, wanted) || (name !== null && matches(withoutVersion(name), wanted));
}

/** One part for each model of the call, split as in rollups. */
function partsOf(
  record: CallRecord,
  { service, version, environment, instance }: CallOrigin,
): Iterable<CallPart> {
  const { identity } = record;
  const parts = new Map<string, CallPart>();
  const at = storedEndOf(record);
  const shared = {
    feature: keptName(record.feature),
    operation: keptName(record.operation),
    route: keptName(record.route),
    tenant: keptName(identity.tenantId ?? null),
    user: userOf(record),
    service,
    version,
    environment,
    instance,
  };
  const partOf = (provider: string | null, model: string | null): CallPart => {
    const key = `${provider}\n${model}`;
    let part = parts.get(key);
    if (!part) {
      const isOfCall = provider === record.provider && model === record.model;
      part = {
        at,
        names: { ...shared, provider: keptName(provider), model: keptName(model) },
        sums: noSums(),
        errors: new Map(),
        values: isOfCall ? HISTOGRAM_MEASURES.map((name) => HISTOGRAM_TABLE[name](record)) : [],
      };
      parts.set(key, part);
    }
    return part;
  };
  const ofCall = partOf(record.provider, record.model);
  const ofAttempt = (attempt: AttemptRecord): CallPart => partOf(attempt.provider, modelOfAttempt(attempt));
  addCall(record, ofCall.sums, (attempt) => ofAttempt(attempt).sums);
  addErrors(record, ofCall.errors, (attempt) => ofAttempt(attempt).errors);
  return parts.values();
}

function keptName<T extends string | null>(name: T): T {
  return (name === null ? null : boundedName(name)) as T;
}

/** What queries are answered from. */
export interface QuerySource {
  readonly backend: Backend;
  readonly parts: PartCache;
}

/** A page of the dashboard sends a dozen queries for the same calls. */
const MIN_TTL_MS = 1000;
const MAX_TTL_MS = 5000;
/** Entries that took less time to read are discarded when calls are written. */
const CHEAP_MS = 50;
/** The range of a page and the preceding one, for two filters. */
const MAX_ENTRIES = 4;

interface Entry {
  readonly parts: readonly CallPart[];
  readonly tookMs: number;
  readonly until: number;
}

/**
 * Caches the parts of calls for consecutive queries. A busy application writes calls between any two queries, so parts that
 * took long to read stay cached regardless, for twice as long as they took.
 */
export class PartCache {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly backend: Backend) {}

  /** @throws StoreQueryError if there are more calls than the limits allow */
  async read(range: TimeRange, where: MeasureFilter, limits?: ScanLimits): Promise<readonly CallPart[]> {
    const key = JSON.stringify([range.from, range.to, where]);
    const start = performance.now();
    const known = this.entries.get(key);
    if (known && known.until > start) return known.parts;
    this.entries.delete(key);
    const [oldest] = this.entries.keys();
    if (oldest !== undefined && this.entries.size >= MAX_ENTRIES) this.entries.delete(oldest);
    const parts = await readParts(this.backend, range, where, limits);
    const now = performance.now();
    const tookMs = now - start;
    const rememberedMs = Math.min(Math.max(MIN_TTL_MS, 2 * tookMs), MAX_TTL_MS);
    this.entries.set(key, { parts, tookMs, until: now + rememberedMs });
    return parts;
  }

  /** Discards cheap and expired entries. Call it when calls are written. */
  clear(): void {
    const now = performance.now();
    for (const [key, { tookMs, until }] of this.entries)
      if (tookMs < CHEAP_MS || until <= now) this.entries.delete(key);
  }
}
