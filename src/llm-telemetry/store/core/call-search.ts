import type { CallRecord } from '../../calls/record.js';
import { parseCallId, textOfCallId, type CallId } from '../call-id.js';
import type { CallOrigin } from '../call-origin.js';
import { StoreQueryError } from '../call-store.js';
import {
  callRow,
  type CallFilter,
  type CallPage,
  type CallQuery,
  type CallRow,
  type CallSort,
  type RecordPage,
  type StoredCall,
} from '../calls.js';
import { decodeRecord } from '../record-codec/record-text.js';
import { costReasonCodeOf } from '../../calls/outcome.js';
import { isOfUser } from './call-columns.js';
import { checkRange } from './rollup-ranges.js';

export const DEFAULT_PAGE = 50;
const MAX_PAGE = 1000;

/** Values that calls are sorted by, besides time. */
export const SORT_VALUES = ['durationMs', 'costUsd', 'tokens'] as const;
export type SortValue = (typeof SORT_VALUES)[number];

/** A call that a search has found. */
export interface FoundCall {
  readonly id: CallId;
  readonly record: CallRecord;
  readonly origin: CallOrigin;
}

/** A page of found calls. */
export interface FoundPage {
  readonly calls: readonly FoundCall[];
  /** Where the next page starts; `null` on the last page. */
  readonly next: Cursor | null;
  /** As in `CallPage`. */
  readonly searchedTo: number;
}

export function callPageOf({ calls, next, searchedTo }: FoundPage, { sort }: CallQuery): CallPage {
  return { calls: calls.map(callRowOf), next: next && encodeCursor(next, sort), searchedTo };
}

export function recordPageOf({ calls, next, searchedTo }: FoundPage, { sort }: CallQuery): RecordPage {
  return { records: calls.map(({ record }) => record), next: next && encodeCursor(next, sort), searchedTo };
}

export function storedCallOf(call: FoundCall, older: CallId | null, newer: CallId | null): StoredCall {
  const { record } = call;
  return {
    ...callRowOf(call),
    record,
    older: older && textOfCallId(older),
    newer: newer && textOfCallId(newer),
  };
}

function callRowOf({ id, record, origin }: FoundCall): CallRow {
  return callRow(textOfCallId(id), record, origin);
}

/** @throws StoreQueryError */
export function checkCallQuery({
  range,
  sort = 'endedAt',
  order = 'desc',
  limit = DEFAULT_PAGE,
}: CallQuery): void {
  checkRange(range);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE)) {
    throw new StoreQueryError(`limit must be a whole number from 1 to ${MAX_PAGE}, received ${limit}.`);
  }
  if (sort !== 'endedAt' && order === 'asc')
    throw new StoreQueryError(`Sorting by ${sort} supports the order "desc" only.`);
}

/** The part of a filter that is compared with records. */
export class RecordFilter {
  private readonly text: string | null;

  constructor(private readonly where: CallFilter) {
    this.text = where.text ? where.text.toLowerCase() : null;
  }

  /** True if the filter needs the records. */
  get readsRecords(): boolean {
    const { user, costReasonCode } = this.where;
    return this.text !== null || user !== undefined || costReasonCode !== undefined;
  }

  /** True if most records that are read may not match, so that a search must be bounded. */
  get isSelective(): boolean {
    return this.text !== null || this.where.costReasonCode !== undefined;
  }

  /** Returns the record of a text; `null` if it does not match. */
  read(text: string): CallRecord | null {
    if (this.text !== null && !containsText(text, this.text)) return null;
    const record = decodeRecord(text);
    const { user, costReasonCode } = this.where;
    if (!isOfUser(record, user)) return null;
    return costReasonCode === undefined || isOneOf(costReasonCode, costReasonCodeOf(record)) ? record : null;
  }
}

function isOneOf<Value>(values: readonly Value[], value: Value | null): boolean {
  return value !== null && values.includes(value);
}

/** Position of the last call of a page. */
export interface Cursor {
  readonly id: CallId;
  /** Sort value of that call, unless sorted by time. Absent if that call and all later ones have no value. */
  readonly value?: number;
}

export function encodeCursor({ id, value }: Cursor, sort: CallSort = 'endedAt'): string {
  return [sort, textOfCallId(id), value].filter((part) => part !== undefined).join('_');
}

/** @throws StoreQueryError if the text is not a cursor of this sort order. */
export function parseCursor(text: string, sort: CallSort = 'endedAt'): Cursor {
  const [sorted, idText = '', valueText, ...rest] = text.split('_');
  const id = parseCallId(idText);
  const value = valueText === undefined ? undefined : valueText === '' ? NaN : Number(valueText);
  const isAllowed = value === undefined || (sort !== 'endedAt' && Number.isFinite(value));
  if (sorted !== sort || id === null || rest.length > 0 || !isAllowed)
    throw new StoreQueryError('Invalid cursor for this query.');
  return value === undefined ? { id } : { id, value };
}

/** Returns true if any string value in a JSON text contains `wanted` (lower case). Field names are not searched. */
export function containsText(json: string, wanted: string): boolean {
  // Most texts do not contain it at all, and need not be parsed.
  if (!json.toLowerCase().includes(escaped(wanted))) return false;
  return anyStringContains(JSON.parse(json), wanted);
}

function anyStringContains(value: unknown, wanted: string): boolean {
  if (typeof value === 'string') return value.toLowerCase().includes(wanted);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((part) => anyStringContains(part, wanted));
}

/** Returns the text as written inside a JSON string. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1).toLowerCase();
}
