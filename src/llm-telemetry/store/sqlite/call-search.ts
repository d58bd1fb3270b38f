import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { StoreQueryError } from '../call-store.js';
import {
  type CallPage,
  type CallQuery,
  callRow,
  type CallRow,
  type CallSort,
  type StoredCall,
} from '../calls.js';
import { decodeRecord } from '../record-codec/record-text.js';
import { isOfUser } from '../core/call-columns.js';
import { firstIdAt, timeOfId } from './call-id.js';
import { callCondition, type CallCondition } from './conditions.js';
import type { Names } from './names.js';
import { checkRange } from '../core/rollup-ranges.js';
import { type SortValue, type ZoneRun, zonesIn } from './zone.js';

/** Bounds of one page: calls scanned, and records read for a text. Some tens of milliseconds. */
export interface SearchLimits {
  readonly calls: number;
  readonly records: number;
}

const LIMITS: SearchLimits = { calls: 200_000, records: 4000 };
const DEFAULT_PAGE = 50;
const MAX_PAGE = 1000;

/** Returns a page of calls. @throws StoreQueryError */
export function searchCalls(
  database: DatabaseSync,
  names: Names,
  query: CallQuery,
  limits: SearchLimits = LIMITS,
): CallPage {
  check(query);
  const search = new Search(database, names, query, limits);
  const { sort = 'endedAt' } = query;
  return sort === 'endedAt' ? search.byTime() : search.byValue(sort);
}

interface Candidate {
  readonly id: number;
  readonly value: number;
}

class Search {
  private readonly ascending: boolean;
  private readonly limit: number;
  /** Ids, `[from, to)`. */
  readonly from: number;
  readonly to: number;
  private readonly cursor: Cursor | null;
  private readonly condition: CallCondition;
  private readonly text: string | null;
  private readonly recordText: StatementSync;
  private scannedCalls = 0;
  private readRecords = 0;

  constructor(
    private readonly database: DatabaseSync,
    names: Names,
    private readonly query: CallQuery,
    private readonly limits: SearchLimits,
  ) {
    const { range, where = {}, sort = 'endedAt', order = 'desc', limit = DEFAULT_PAGE, cursor } = query;
    this.ascending = order === 'asc';
    this.limit = limit;
    this.cursor = cursor === undefined ? null : parseCursor(cursor, sort);
    const [from, to] = [firstIdAt(range.from), firstIdAt(range.to)];
    const after = sort === 'endedAt' && this.cursor ? this.cursor.id : null;
    this.from = after !== null && this.ascending ? Math.max(from, after + 1) : from;
    this.to = after !== null && !this.ascending ? Math.min(to, after) : to;
    this.condition = callCondition(database, names, where);
    this.text = where.text ? where.text.toLowerCase() : null;
    this.recordText = database.prepare('SELECT text FROM record WHERE id = ?');
  }

  /** Scans from one end of the range until the page is full. */
  byTime(): CallPage {
    const { ascending, from, to, limit } = this;
    const direction = ascending ? 'ASC' : 'DESC';
    const candidates = this.candidates('id', `${this.condition.sql} ORDER BY id ${direction}`);
    const rows: CallRow[] = [];
    for (const zone of this.zones(`ORDER BY first ${direction}`)) {
      const [start, end] = [Math.max(zone.first, from), Math.min(zone.end, to)];
      for (const { id } of candidates.iterate({
        from: start,
        to: end,
      }) as Iterable<unknown> as Iterable<Candidate>) {
        const row = this.rowOf(id);
        if (row) rows.push(row);
        if (rows.length === limit || this.readRecords >= this.limits.records)
          return this.page(rows, { id }, timeOfId(id));
      }
      this.scannedCalls += zone.calls;
      if (this.scannedCalls >= this.limits.calls) {
        const id = ascending ? end - 1 : start;
        return this.page(rows, { id }, timeOfId(id));
      }
    }
    const { range } = this.query;
    return this.page(rows, null, ascending ? range.to : range.from);
  }

  /**
   * Scans zones by their largest value, until no other zone can have a larger value than those found. Calls without a value
   * come last.
   */
  byValue(value: SortValue): CallPage {
    const { cursor, from, to, limit } = this;
    if (cursor && cursor.value === undefined) return this.withoutValue(value, [], Math.min(to, cursor.id));
    const after = cursor ? `AND (${value}, id) < (:value, :id)` : '';
    // The value is tested first: once the page is full, nearly every call fails this test.
    const candidates = this.candidates(
      value,
      `${value} >= :least AND ${this.condition.sql} ${after} ORDER BY ${value} DESC, id DESC`,
    );
    let found: Candidate[] = [];
    let searchedAll = true;
    for (const zone of this.zones(`AND ${value} IS NOT NULL ORDER BY ${value} DESC`)) {
      const least = found.length === limit ? found.at(-1)!.value : -Number.MAX_VALUE;
      if (zone[value]! < least) break;
      if (this.scannedCalls >= this.limits.calls || this.readRecords >= this.limits.records) {
        searchedAll = false;
        break;
      }
      const parameters = { from: Math.max(zone.first, from), to: Math.min(zone.end, to), least, ...cursor };
      let taken = 0;
      for (const candidate of candidates.iterate(parameters) as Iterable<unknown> as Iterable<Candidate>) {
        if (this.readsRecords && !this.rowOf(candidate.id)) continue;
        found.push(candidate);
        if (++taken === limit) break;
      }
      found = found.sort((one, other) => other.value - one.value || other.id - one.id).slice(0, limit);
      this.scannedCalls += zone.calls;
    }
    const { range } = this.query;
    const rows = found.flatMap(({ id }) => this.rowOf(id) ?? []);
    if (found.length === limit || !searchedAll)
      return this.page(
        rows,
        found.length === limit ? found.at(-1)! : null,
        searchedAll ? range.from : range.to,
      );
    return this.withoutValue(value, rows, to);
  }

  /** Fills a page with calls that have no value, the latest first. */
  private withoutValue(value: SortValue, rows: CallRow[], to: number): CallPage {
    const { from, limit } = this;
    const { range } = this.query;
    const candidates = this.candidates('id', `${value} IS NULL AND ${this.condition.sql} ORDER BY id DESC`);
    for (const zone of this.zones('ORDER BY first DESC')) {
      if (zone.first >= to) continue;
      const start = Math.max(zone.first, from);
      const found = candidates.iterate({ from: start, to: Math.min(zone.end, to) });
      for (const { id } of found as Iterable<unknown> as Iterable<Candidate>) {
        const row = this.rowOf(id);
        if (row) rows.push(row);
        if (rows.length === limit || this.readRecords >= this.limits.records)
          return this.page(rows, { id }, range.from);
      }
      this.scannedCalls += zone.calls;
      if (this.scannedCalls >= this.limits.calls) return this.page(rows, { id: start }, range.from);
    }
    return this.page(rows, null, range.from);
  }

  private page(calls: readonly CallRow[], next: Cursor | null, searchedTo: number): CallPage {
    return { calls, next: next && encodeCursor(next, this.query.sort ?? 'endedAt'), searchedTo };
  }

  /** True if the filter needs the records. */
  private get readsRecords(): boolean {
    const { user, costReasonCode } = this.query.where ?? {};
    return this.text !== null || user !== undefined || costReasonCode !== undefined;
  }

  /** Returns `null` if the record does not match. */
  private rowOf(id: number): CallRow | null {
    const found = this.recordText.get(id) as { text: string } | undefined;
    if (!found) return null;
    const { user, costReasonCode } = this.query.where ?? {};
    if (this.text !== null || costReasonCode !== undefined) this.readRecords++;
    if (this.text !== null && !containsText(found.text, this.text)) return null;
    const record = decodeRecord(found.text);
    if (!isOfUser(record, user)) return null;
    const row = callRow(id, record);
    return costReasonCode === undefined || isOneOf(costReasonCode, row.costReasonCode) ? row : null;
  }

  private candidates(value: SortValue | 'id', rest: string): StatementSync {
    return this.database.prepare(
      `SELECT id, ${value} AS value FROM call WHERE id >= :from AND id < :to AND ${rest}`,
    );
  }

  /** Zones of the range that can contain a match. */
  private *zones(rest: string): Generator<ZoneRun> {
    for (const zone of zonesIn(this.database, this, rest)) if (this.condition.mayMatch(zone)) yield zone;
  }
}

function isOneOf<Value>(values: readonly Value[], value: Value | null): boolean {
  return value !== null && values.includes(value);
}

function check({ range, sort = 'endedAt', order = 'desc', limit = DEFAULT_PAGE }: CallQuery): void {
  checkRange(range);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE)) {
    throw new StoreQueryError(`limit must be a whole number from 1 to ${MAX_PAGE}, received ${limit}.`);
  }
  if (sort !== 'endedAt' && order === 'asc')
    throw new StoreQueryError(`Sorting by ${sort} supports the order "desc" only.`);
}

/** Position of the last call of a page. */
export interface Cursor {
  readonly id: number;
  /** Sort value of that call, unless sorted by time. Absent if that call and all later ones have no value. */
  readonly value?: number;
}

export function encodeCursor({ id, value }: Cursor, sort: CallSort): string {
  return [sort, id, value].filter((part) => part !== undefined).join('_');
}

/** @throws StoreQueryError if the text is not a cursor of this sort order. */
export function parseCursor(text: string, sort: CallSort): Cursor {
  const [sorted, ...numbers] = text.split('_');
  const [id, value] = numbers.map((part) => (part === '' ? NaN : Number(part)));
  const most = sort === 'endedAt' ? 1 : 2;
  const valid = Number.isSafeInteger(id) && (value === undefined || Number.isFinite(value));
  if (sorted !== sort || numbers.length > most || !valid) {
    throw new StoreQueryError('Invalid cursor for this query.');
  }
  return value === undefined ? { id: id! } : { id: id!, value };
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

/** Returns a call with its neighbors in time; `null` if it does not exist. */
export function readCall(database: DatabaseSync, id: number): StoredCall | null {
  if (!Number.isSafeInteger(id)) return null;
  const found = database.prepare('SELECT text FROM record WHERE id = ?').get(id) as
    { text: string } | undefined;
  if (!found) return null;
  const { older, newer } = database
    .prepare(
      'SELECT (SELECT max(id) FROM call WHERE id < :id) AS older, (SELECT min(id) FROM call WHERE id > :id) AS newer',
    )
    .get({ id }) as { older: number | null; newer: number | null };
  const record = decodeRecord(found.text);
  return { ...callRow(id, record), record, older, newer };
}
