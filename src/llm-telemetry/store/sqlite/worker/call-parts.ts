import type { DatabaseSync } from 'node:sqlite';
import { withoutVersion } from '../../../calls/model-version.js';
import type { AttemptRecord, CallRecord } from '../../../calls/record.js';
import { endOf } from '../../call-row.js';
import { StoreQueryError } from '../../call-store.js';
import { boundedName } from '../../../text/bounded-name.js';
import type { Dimension, MeasureFilter, TimeRange } from '../../measures.js';
import { decodeRecord } from '../../record-codec/record-text.js';
import { addCall, noSums, type Sums } from '../../tally.js';
import { callCondition } from './call-condition.js';
import { firstIdAt, timeOfId } from './call-id.js';
import { isOfUser, userOf } from './call-user.js';
import { addErrors } from './call-errors.js';
import type { ErrorSums } from './error-sums.js';
import type { Names } from './names.js';
import { zonesIn } from './zone.js';

/** The share of a call that belongs to one model, with the names that measures are grouped by. */
export interface CallPart {
  /** When the call ended, Unix milliseconds. */
  readonly at: number;
  readonly names: Readonly<Record<Dimension, string | null>>;
  readonly sums: Sums;
  /** By error type. */
  readonly errors: Map<string, ErrorSums>;
  /** Duration of the call, in the part of the model that the call is counted under; otherwise `null`. */
  readonly durationMs: number | null;
  readonly firstTokenMs: number | null;
}

/** Bounds of one query, during which the worker writes nothing (`docs/api.md`). */
export interface PartLimits {
  /** Matching calls, whose records are read. */
  readonly calls: number;
  /** Calls in the zones that are scanned. */
  readonly scanned: number;
}

export const PART_LIMITS: PartLimits = { calls: 50_000, scanned: 2_000_000 };

/**
 * Reads the parts of all calls in a range that match a filter. Provider and model are those of a part: a call may have
 * attempts of several models.
 *
 * @throws StoreQueryError if there are more calls than the limits allow
 */
export function readParts(
  database: DatabaseSync,
  names: Names,
  range: TimeRange,
  { provider, model, ...ofCall }: MeasureFilter,
  limits: PartLimits = PART_LIMITS,
): CallPart[] {
  const condition = callCondition(database, names, ofCall);
  const [providers, models] = [provider?.map(keptName), model?.map(keptName)];
  const [from, to] = [firstIdAt(range.from), firstIdAt(range.to)];
  const statement = database.prepare(
    `SELECT record.text FROM call JOIN record ON record.id = call.id
     WHERE call.id >= ? AND call.id < ? AND ${condition.sql}`,
  );
  const parts: CallPart[] = [];
  let calls = 0;
  let scanned = 0;
  for (const zone of zonesIn(database, { from, to })) {
    if (!condition.mayMatch(zone)) continue;
    scanned += zone.calls;
    if (scanned > limits.scanned) throw tooMany(limits.scanned, 'are in the range');
    const rows = statement.iterate(Math.max(zone.first, from), Math.min(zone.end, to));
    for (const { text } of rows as Iterable<unknown> as Iterable<{ text: string }>) {
      const record = decodeRecord(text);
      if (!isOfUser(record, ofCall.user)) continue;
      if (++calls > limits.calls) throw tooMany(limits.calls, 'match');
      for (const part of partsOf(record))
        if (matches(part.names.provider, providers) && matchesModel(part.names.model, models))
          parts.push(part);
    }
  }
  return parts;
}

function tooMany(limit: number, what: string): StoreQueryError {
  return new StoreQueryError(
    `More than ${limit.toLocaleString('en')} calls ${what}. Measures by or of routes, tenants or users are computed ` +
      'from the calls themselves: choose a shorter range, or add a filter.',
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
function partsOf(record: CallRecord): Iterable<CallPart> {
  const { identity } = record;
  const parts = new Map<string, CallPart>();
  const at = timeOfId(firstIdAt(endOf(record)));
  const shared = {
    feature: keptName(record.feature),
    operation: keptName(record.operation),
    route: keptName(record.route),
    tenant: keptName(identity.tenantId ?? null),
    user: userOf(record),
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
        durationMs: isOfCall ? record.durationMs : null,
        firstTokenMs: isOfCall ? record.timeToFirstTokenMs : null,
      };
      parts.set(key, part);
    }
    return part;
  };
  const ofCall = partOf(record.provider, record.model);
  const ofAttempt = (attempt: AttemptRecord): CallPart =>
    partOf(attempt.provider, attempt.responseModel ?? attempt.requestModel);
  addCall(record, ofCall.sums, (attempt) => ofAttempt(attempt).sums);
  addErrors(record, ofCall.errors, (attempt) => ofAttempt(attempt).errors);
  return parts.values();
}

function keptName<T extends string | null>(name: T): T {
  return (name === null ? null : boundedName(name)) as T;
}
