import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { callIdOfNumber, endOfCallId, numberOfCallId, parseCallId, type CallId } from '../call-id.js';
import type { CallPage, CallQuery, RecordPage, StoredCall } from '../calls.js';
import {
  callPageOf,
  checkCallQuery,
  DEFAULT_PAGE,
  parseCursor,
  RecordFilter,
  recordPageOf,
  storedCallOf,
  type FoundCall,
  type FoundPage,
  type SortValue,
} from '../core/call-search.js';
import { decodeRecord } from '../record-codec/record-text.js';
import { firstIdAt, PER_MS, timeOfId } from './call-id.js';
import { callCondition, type CallCondition, type ConditionSource } from './conditions.js';
import { type ZoneRun, zonesIn } from './zone.js';

/** Bounds of one page: calls scanned, and records read for a text. Some tens of milliseconds. */
export interface SearchLimits {
  readonly calls: number;
  readonly records: number;
}

const LIMITS: SearchLimits = { calls: 200_000, records: 4000 };

/** Returns a page of calls. @throws StoreQueryError */
export function searchCalls(source: ConditionSource, query: CallQuery, limits?: SearchLimits): CallPage {
  return callPageOf(search(source, query, limits), query);
}

/** Returns a page of records. @throws StoreQueryError */
export function searchRecords(source: ConditionSource, query: CallQuery): RecordPage {
  return recordPageOf(search(source, query), query);
}

function search(source: ConditionSource, query: CallQuery, limits: SearchLimits = LIMITS): FoundPage {
  checkCallQuery(query);
  const { sort = 'endedAt' } = query;
  const found = new Search(source, query, limits);
  return sort === 'endedAt' ? found.byTime() : found.byValue(sort);
}

/** A row of the table `call`. */
interface Candidate {
  readonly id: number;
  readonly uuid: CallId | null;
  readonly instance: number;
  readonly value: number;
}

/** Position of the last row of a page, which need not exist. */
type Position = Pick<Candidate, 'id'> & Partial<Candidate>;

function positionOf({ id, uuid }: Candidate): Position {
  return { id, uuid };
}

function rowsOf(candidates: StatementSync, parameters: Record<string, SQLInputValue>): Iterable<Candidate> {
  return candidates.iterate(parameters) as Iterable<unknown> as Iterable<Candidate>;
}

class Search {
  private readonly ascending: boolean;
  private readonly limit: number;
  /** Ids of rows, `[from, to)`. */
  readonly from: number;
  readonly to: number;
  private readonly cursor: { readonly id: number; readonly value?: number } | null;
  private readonly condition: CallCondition;
  private readonly filter: RecordFilter;
  private readonly recordText: StatementSync;
  private scannedCalls = 0;
  private readRecords = 0;

  constructor(
    private readonly source: ConditionSource,
    private readonly query: CallQuery,
    private readonly limits: SearchLimits,
  ) {
    const { range, where = {}, sort = 'endedAt', order = 'desc', limit = DEFAULT_PAGE, cursor } = query;
    this.ascending = order === 'asc';
    this.limit = limit;
    this.cursor = cursor === undefined ? null : this.rowCursor(cursor);
    const [from, to] = [firstIdAt(range.from), firstIdAt(range.to)];
    const after = sort === 'endedAt' && this.cursor ? this.cursor.id : null;
    this.from = after !== null && this.ascending ? Math.max(from, after + 1) : from;
    this.to = after !== null && !this.ascending ? Math.min(to, after) : to;
    this.condition = callCondition(source, where);
    this.filter = new RecordFilter(where);
    this.recordText = source.database.prepare('SELECT text FROM record WHERE id = ?');
  }

  /** Scans from one end of the range until the page is full. */
  byTime(): FoundPage {
    const { ascending, from, to, limit } = this;
    const direction = ascending ? 'ASC' : 'DESC';
    const candidates = this.candidates('id', `${this.condition.sql} ORDER BY id ${direction}`);
    const rows: FoundCall[] = [];
    for (const zone of this.zones(`ORDER BY first ${direction}`)) {
      const [start, end] = [Math.max(zone.first, from), Math.min(zone.end, to)];
      for (const candidate of rowsOf(candidates, { from: start, to: end })) {
        const call = this.found(candidate);
        if (call) rows.push(call);
        if (rows.length === limit || this.readRecords >= this.limits.records)
          return this.page(rows, positionOf(candidate), timeOfId(candidate.id));
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
  byValue(value: SortValue): FoundPage {
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
      for (const candidate of rowsOf(candidates, parameters)) {
        if (this.filter.readsRecords && !this.found(candidate)) continue;
        found.push(candidate);
        if (++taken === limit) break;
      }
      found = found.sort((one, other) => other.value - one.value || other.id - one.id).slice(0, limit);
      this.scannedCalls += zone.calls;
    }
    const { range } = this.query;
    const rows = found.flatMap((candidate) => this.found(candidate) ?? []);
    if (found.length === limit || !searchedAll)
      return this.page(
        rows,
        found.length === limit ? found.at(-1)! : null,
        searchedAll ? range.from : range.to,
      );
    return this.withoutValue(value, rows, to);
  }

  /** Fills a page with calls that have no value, the latest first. */
  private withoutValue(value: SortValue, rows: FoundCall[], to: number): FoundPage {
    const { from, limit } = this;
    const { range } = this.query;
    const candidates = this.candidates('id', `${value} IS NULL AND ${this.condition.sql} ORDER BY id DESC`);
    for (const zone of this.zones('ORDER BY first DESC')) {
      if (zone.first >= to) continue;
      const start = Math.max(zone.first, from);
      for (const candidate of rowsOf(candidates, { from: start, to: Math.min(zone.end, to) })) {
        const call = this.found(candidate);
        if (call) rows.push(call);
        if (rows.length === limit || this.readRecords >= this.limits.records)
          return this.page(rows, positionOf(candidate), range.from);
      }
      this.scannedCalls += zone.calls;
      if (this.scannedCalls >= this.limits.calls) return this.page(rows, { id: start }, range.from);
    }
    return this.page(rows, null, range.from);
  }

  private page(calls: readonly FoundCall[], next: Position | null, searchedTo: number): FoundPage {
    if (next === null) return { calls, next, searchedTo };
    const { id, uuid, value } = next;
    const callId = uuid ?? callIdOfNumber(id);
    return { calls, next: value === undefined ? { id: callId } : { id: callId, value }, searchedTo };
  }

  /** Returns the row of a cursor; if its call was deleted, the first row of its time. */
  private rowCursor(text: string): { readonly id: number; readonly value?: number } {
    const { id, ...value } = parseCursor(text, this.query.sort);
    const row = numberOfCallId(id) ?? rowOf(this.source.database, id) ?? firstIdAt(endOfCallId(id));
    return { id: row, ...value };
  }

  /** Returns `null` if the record does not match. */
  private found({ id, uuid, instance }: Candidate): FoundCall | null {
    const row = this.recordText.get(id) as { text: string } | undefined;
    if (!row) return null;
    if (this.filter.isSelective) this.readRecords++;
    const record = this.filter.read(row.text);
    return (
      record && { id: uuid ?? callIdOfNumber(id), record, origin: this.source.origins.originOf(instance) }
    );
  }

  private candidates(value: SortValue | 'id', rest: string): StatementSync {
    return this.source.database.prepare(
      `SELECT id, uuid, instance, ${value} AS value FROM call WHERE id >= :from AND id < :to AND ${rest}`,
    );
  }

  /** Zones of the range that can contain a match. */
  private *zones(rest: string): Generator<ZoneRun> {
    for (const zone of zonesIn(this.source.database, this, rest))
      if (this.condition.mayMatch(zone)) yield zone;
  }
}

/** Rows after those of its time that a call can be in: many calls of one millisecond displace each other. */
const DISPLACED = 1000 * PER_MS;

/** Returns the row of a call; `null` if it does not exist. */
function rowOf(database: DatabaseSync, id: CallId): number | null {
  const number = numberOfCallId(id);
  const first = firstIdAt(endOfCallId(id));
  const row =
    number === null
      ? database
          .prepare('SELECT id FROM call WHERE id >= ? AND id < ? AND uuid = ?')
          .get(first, first + DISPLACED, id)
      : database.prepare('SELECT id FROM call WHERE id = ? AND uuid IS NULL').get(number);
  return (row as { id: number } | undefined)?.id ?? null;
}

/** Returns a call with its neighbors in time; `null` if it does not exist. */
export function readCall({ database, origins }: ConditionSource, text: string): StoredCall | null {
  const id = parseCallId(text);
  const row = id && rowOf(database, id);
  if (id === null || row === null) return null;
  const found = database
    .prepare('SELECT text, instance FROM record JOIN call USING (id) WHERE id = ?')
    .get(row) as { text: string; instance: number } | undefined;
  if (!found) return null;
  const neighbor = (condition: string): CallId | null => {
    const next = database.prepare(`SELECT id, uuid FROM call WHERE ${condition} LIMIT 1`).get(row) as
      Pick<Candidate, 'id' | 'uuid'> | undefined;
    return next ? (next.uuid ?? callIdOfNumber(next.id)) : null;
  };
  const call = { id, record: decodeRecord(found.text), origin: origins.originOf(found.instance) };
  return storedCallOf(call, neighbor('id < ? ORDER BY id DESC'), neighbor('id > ? ORDER BY id'));
}
