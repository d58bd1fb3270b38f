import { endOfCallId, parseCallId, type CallId } from '../call-id.js';
import type { CallOrigin } from '../call-origin.js';
import type { CallQuery, StoredCall } from '../calls.js';
import type { RecordScan } from '../core/backend.js';
import { tooManyCalls } from '../core/call-parts.js';
import {
  checkCallQuery,
  DEFAULT_PAGE,
  parseCursor,
  RecordFilter,
  storedCallOf,
  type Cursor,
  type FoundCall,
  type FoundPage,
  type SortValue,
} from '../core/call-search.js';
import { decodeRecord } from '../record-codec/record-text.js';
import { callConditions } from './conditions.js';
import { decimalOf, idOfUuid, uuidOf } from './delivery-rows.js';
import { ParameterList } from './sql.js';
import type { Tables } from './tables.js';

const ORIGIN = 'service, version, environment, instance';
type OriginColumns = [
  service: string | null,
  version: string | null,
  environment: string | null,
  instance: string | null,
];
type CallColumns = [id: string, value: number | string | null, record: string, ...origin: OriginColumns];

interface SortColumn {
  readonly column: string;
  readonly type: string;
}

const SORT_COLUMNS: Readonly<Record<SortValue, SortColumn>> = {
  durationMs: { column: 'duration_ms', type: 'Float64' },
  costUsd: { column: 'cost_usd', type: 'Decimal(38, 12)' },
  tokens: { column: 'tokens', type: 'UInt64' },
};

/** Calls that are read at once where the records decide. */
const AT_ONCE = 256;
/** Calls that one page reads at most. */
const MAX_READ = 20_000;

/** Returns a page of calls. The server searches the whole range. @throws StoreQueryError */
export async function searchCalls(tables: Tables, query: CallQuery): Promise<FoundPage> {
  checkCallQuery(query);
  const { where = {}, sort, limit = DEFAULT_PAGE, range, order } = query;
  const filter = new RecordFilter(where);
  const calls: FoundCall[] = [];
  let position = query.cursor === undefined ? null : parseCursor(query.cursor, sort);
  const end = order === 'asc' ? range.to : range.from;
  for (let read = 0; ;) {
    const count = filter.readsRecords ? Math.max(AT_ONCE, limit + 1) : limit + 1;
    const rows = await readRows(tables, query, position, count);
    read += rows.length;
    for (const [index, row] of rows.entries()) {
      const found = foundCall(row, filter);
      if (found) calls.push(found);
      position = cursorOf(row, sort);
      const isLast = index === rows.length - 1 && rows.length < count;
      if (calls.length === limit && !isLast) return pageUpTo(calls, position, query);
    }
    if (rows.length < count) return { calls, next: null, searchedTo: end };
    if (read >= MAX_READ) return pageUpTo(calls, position!, query);
  }
}

/** Passes the texts of matching records. */
export async function scanRecords(
  { connection, layout }: Tables,
  { range, where, limits }: RecordScan,
  take: (text: string, origin: CallOrigin) => void,
): Promise<void> {
  const parameters = new ParameterList();
  const conditions = [...inRange(parameters, range), ...callConditions(parameters, where)];
  let scanned = 0;
  await connection.scan<[record: string, ...origin: OriginColumns]>(
    `SELECT record, ${ORIGIN} FROM ${layout.table('call')} WHERE ${conditions.join(' AND ')}`,
    parameters.all(),
    ([record, ...origin]) => {
      if (++scanned > limits.scanned) throw tooManyCalls(limits.scanned, 'are in the range');
      take(record, originOf(origin));
    },
  );
}

/** Returns a call with its neighbors in time; `null` if it does not exist. */
export async function readCall({ connection, layout }: Tables, text: string): Promise<StoredCall | null> {
  const id = parseCallId(text);
  if (id === null) return null;
  const parameters = new ParameterList();
  const time = parameters.time(endOfCallId(id));
  const uuid = parameters.add('UUID', uuidOf(id));
  const call = layout.table('call');
  const neighbor = (order: 'ASC' | 'DESC'): string => {
    const than = order === 'ASC' ? '>' : '<';
    return `SELECT id, '', ${ORIGIN}, ${order === 'ASC' ? 1 : -1} AS place FROM ${call}
      WHERE ended_at ${than}= ${time} AND (ended_at, id) ${than} (${time}, ${uuid})
      ORDER BY ended_at ${order}, id ${order} LIMIT 1`;
  };
  const rows = await connection.rows<[string, string, ...OriginColumns, place: number]>(
    `SELECT * FROM (SELECT id, record, ${ORIGIN}, 0 AS place FROM ${call}
       WHERE ended_at = ${time} AND id = ${uuid} LIMIT 1)
     UNION ALL SELECT * FROM (${neighbor('DESC')}) UNION ALL SELECT * FROM (${neighbor('ASC')})`,
    parameters.all(),
  );
  const at = (place: number): (typeof rows)[number] | undefined => rows.find((row) => row[6] === place);
  const found = at(0);
  if (!found) return null;
  const [, record, service, version, environment, instance] = found;
  const idAt = (place: number): CallId | null => {
    const row = at(place);
    return row ? idOfUuid(row[0]) : null;
  };
  const origin = { service, version, environment, instance };
  return storedCallOf({ id, record: decodeRecord(record), origin }, idAt(-1), idAt(1));
}

function pageUpTo(calls: readonly FoundCall[], next: Cursor, { sort, range }: CallQuery): FoundPage {
  const isByTime = (sort ?? 'endedAt') === 'endedAt';
  return { calls, next, searchedTo: isByTime ? endOfCallId(next.id) : range.from };
}

/**
 * Reads candidates after a position. Records are the largest column by far, so they are read only for the calls of the
 * page: otherwise each part of the table reads some.
 */
async function readRows(
  { connection, layout }: Tables,
  { range, where = {}, sort = 'endedAt', order = 'desc' }: CallQuery,
  after: Cursor | null,
  count: number,
): Promise<CallColumns[]> {
  const parameters = new ParameterList();
  const conditions = [...inRange(parameters, range), ...callConditions(parameters, where)];
  const value = sort === 'endedAt' ? null : SORT_COLUMNS[sort];
  if (after) {
    const than = order === 'asc' ? '>' : '<';
    if (value) conditions.push(afterValue(parameters, after, value));
    else conditions.push(...beyond(parameters, after, than));
  }
  const byValue = value ? `${value.column} DESC NULLS LAST, ` : '';
  const sorted = `ORDER BY ${byValue}ended_at ${order}, id ${order} LIMIT ${count}`;
  const table = layout.table('call');
  return connection.rows<CallColumns>(
    `SELECT id, ${value ? value.column : 'NULL'}, record, ${ORIGIN} FROM ${table}
     WHERE (ended_at, id) IN (SELECT ended_at, id FROM ${table} WHERE ${conditions.join(' AND ')} ${sorted})
     ${sorted}`,
    parameters.all(),
  );
}

function afterValue(parameters: ParameterList, after: Cursor, { column, type }: SortColumn): string {
  const { value } = after;
  const isLater = `(${beyond(parameters, after, '<').join(' AND ')})`;
  if (value === undefined) return `(${column} IS NULL AND ${isLater})`;
  const stored = parameters.add(type, type.startsWith('Decimal') ? decimalOf(value) : value);
  return `(${column} < ${stored} OR ${column} IS NULL OR (${column} = ${stored} AND ${isLater}))`;
}

/** The first condition selects by the primary key, which a comparison of tuples does not. */
function beyond(parameters: ParameterList, { id }: Cursor, than: '<' | '>'): string[] {
  const time = parameters.time(endOfCallId(id));
  const uuid = parameters.add('UUID', uuidOf(id));
  return [`ended_at ${than}= ${time}`, `(ended_at, id) ${than} (${time}, ${uuid})`];
}

function inRange(parameters: ParameterList, { from, to }: CallQuery['range']): string[] {
  // Times are whole milliseconds.
  return [`ended_at >= ${parameters.time(Math.ceil(from))}`, `ended_at < ${parameters.time(Math.ceil(to))}`];
}

function cursorOf([uuid, value]: CallColumns, sort: CallQuery['sort']): Cursor {
  const id = idOfUuid(uuid);
  return sort === undefined || sort === 'endedAt' || value === null ? { id } : { id, value: Number(value) };
}

function foundCall([uuid, , text, ...origin]: CallColumns, filter: RecordFilter): FoundCall | null {
  const record = filter.read(text);
  return record && { id: idOfUuid(uuid), record, origin: originOf(origin) };
}

function originOf([service, version, environment, instance]: OriginColumns): CallOrigin {
  return { service, version, environment, instance };
}
