import { endOfCallId, parseCallId, type CallId } from '../call-id.js';
import type { CallQuery, StoredCall } from '../calls.js';
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
import { storedTime } from '../core/call-columns.js';
import { unpackRecord } from '../core/record-pack.js';
import { decodeRecord } from '../record-codec/record-text.js';
import { callCondition } from './conditions.js';
import type { Row, Statements } from './connection.js';
import { edgesOf, readDays } from './days.js';
import type { Origins } from './origins.js';
import { Parameters } from './parameters.js';
import { idOfUuid, timestamp, uuidOf } from './settings.js';

/** Records that one page reads at most, if the filter compares records. Some tens of milliseconds. */
const MAX_RECORDS = 4000;
/** Records that are read at once, if most may not match. */
const CHUNK = 1000;

const COLUMNS = 'id, instance, record, floor(extract(epoch FROM ended_at) * 1000)::bigint';

const VALUE_COLUMNS: Readonly<Record<SortValue, string>> = {
  durationMs: 'duration_ms',
  costUsd: 'cost_usd',
  tokens: 'tokens',
};

/** A row of the table `call`. */
interface Candidate {
  readonly id: CallId;
  readonly instance: number;
  readonly record: Uint8Array;
  /** Unix milliseconds. */
  readonly at: number;
  readonly value: number | null;
}

/** Returns a page in the order of time or of a value. */
export async function searchCalls(
  statements: Statements,
  origins: Origins,
  query: CallQuery,
): Promise<FoundPage> {
  checkCallQuery(query);
  return new Search(statements, origins, query).page();
}

class Search {
  private readonly ascending: boolean;
  private readonly limit: number;
  private readonly filter: RecordFilter;
  private readonly value: SortValue | null;
  private readonly cursor: Cursor | null;
  private readRecords = 0;

  constructor(
    private readonly statements: Statements,
    private readonly origins: Origins,
    private readonly query: CallQuery,
  ) {
    const { where = {}, sort = 'endedAt', order = 'desc', limit = DEFAULT_PAGE, cursor } = query;
    this.ascending = order === 'asc';
    this.limit = limit;
    this.filter = new RecordFilter(where);
    this.value = sort === 'endedAt' ? null : sort;
    this.cursor = cursor === undefined ? null : parseCursor(cursor, sort);
  }

  async page(): Promise<FoundPage> {
    const { value, cursor } = this;
    if (value === null) return this.collect([], null, cursor);
    if (cursor && cursor.value === undefined) return this.collect([], 'without', cursor);
    const found = await this.collect([], 'with', cursor);
    if (found.next !== null) return found;
    return this.collect([...found.calls], 'without', null);
  }

  /**
   * Fills a page.
   *
   * @param part - when sorted by a value: of the calls with one, or of those without, which follow in the order of time
   * @param after - the last call of the preceding page
   */
  private async collect(
    calls: FoundCall[],
    part: 'with' | 'without' | null,
    after: Cursor | null,
  ): Promise<FoundPage> {
    const { range } = this.query;
    const end = this.ascending ? range.to : range.from;
    let position = after && { ...after, at: await this.timeOf(after.id) };
    for (;;) {
      const wanted = this.filter.isSelective ? CHUNK : this.limit - calls.length;
      if (wanted === 0) break;
      const candidates = await this.read(part, position, wanted);
      const originOf = await this.origins.originsOf(
        this.statements,
        candidates.map(({ instance }) => instance),
      );
      for (const { id, instance, record: bytes, at, value } of candidates) {
        this.readRecords++;
        position = { id, at, ...(part === 'with' && value !== null && { value }) };
        const record = this.filter.read(unpackRecord(bytes));
        if (record) calls.push({ id, record, origin: originOf(instance) });
        if (calls.length === this.limit || (this.filter.readsRecords && this.readRecords >= MAX_RECORDS))
          return this.pageTo(calls, position, part === null ? at : end);
      }
      if (candidates.length < wanted) return { calls, next: null, searchedTo: end };
    }
    return position ? this.pageTo(calls, position, end) : { calls, next: null, searchedTo: end };
  }

  private pageTo(calls: readonly FoundCall[], { id, value }: Cursor, searchedTo: number): FoundPage {
    return { calls, next: value === undefined ? { id } : { id, value }, searchedTo };
  }

  private async read(
    part: 'with' | 'without' | null,
    after: (Cursor & { readonly at: number }) | null,
    limit: number,
  ): Promise<Candidate[]> {
    const { range, where = {} } = this.query;
    const parameters = new Parameters();
    const [from, to] = [storedTime(range.from), storedTime(range.to)];
    // The bound of the position excludes partitions, which a comparison of two columns does not.
    const bounds = [
      `ended_at >= ${parameters.add(timestamp(!after || part === 'with' || !this.ascending ? from : Math.max(from, after.at)), 'timestamptz')}`,
      `ended_at < ${parameters.add(timestamp(!after || part === 'with' || this.ascending ? to : Math.min(to, after.at + 1)), 'timestamptz')}`,
    ];
    const column = this.value && VALUE_COLUMNS[this.value];
    const direction = this.ascending ? 'ASC' : 'DESC';
    const beyond = this.ascending ? '>' : '<';
    let order = `ended_at ${direction}, id ${direction}`;
    if (part === 'with') {
      order = `${column} DESC NULLS LAST, id DESC`;
      bounds.push(`${column} IS NOT NULL`);
      if (after) {
        const value = parameters.add(after.value!, 'double precision');
        bounds.push(`(${column}, id) < (${value}, ${parameters.add(uuidOf(after.id), 'uuid')})`);
      }
    } else {
      if (part === 'without') bounds.push(`${column} IS NULL`);
      if (after) {
        const at = parameters.add(timestamp(after.at), 'timestamptz');
        bounds.push(`(ended_at, id) ${beyond} (${at}, ${parameters.add(uuidOf(after.id), 'uuid')})`);
      }
    }
    const condition = await callCondition(this.statements, parameters, where);
    const rows = await this.statements.rows(
      `SELECT ${COLUMNS}, ${column ?? 'NULL'} FROM call WHERE ${bounds.join(' AND ')} AND ${condition}
       ORDER BY ${order} LIMIT ${limit}`,
      parameters.values,
    );
    return rows.map(candidateOf);
  }

  /** Returns the time at which the call of a cursor is stored; the time of its id if it was deleted. */
  private async timeOf(id: CallId): Promise<number> {
    return (await findCall(this.statements, id))?.at ?? storedTime(endOfCallId(id));
  }
}

function candidateOf([id, instance, record, at, value]: Row): Candidate {
  return {
    id: idOfUuid(id as string),
    instance: instance as number,
    record: record as Uint8Array,
    at: at as number,
    value: (value ?? null) as number | null,
  };
}

/** Returns a call with its neighbors in time; `null` if it does not exist. */
export async function readCall(
  statements: Statements,
  origins: Origins,
  text: string,
): Promise<StoredCall | null> {
  const id = parseCallId(text);
  const found = id && (await findCall(statements, id));
  if (!id || !found) return null;
  const neighbor = async (beyond: '<' | '>', direction: 'ASC' | 'DESC'): Promise<CallId | null> => {
    const [[next] = []] = await statements.rows(
      `SELECT id FROM call WHERE ended_at ${beyond}= $1::timestamptz AND (ended_at, id) ${beyond} ($1::timestamptz, $2::uuid)
       ORDER BY ended_at ${direction}, id ${direction} LIMIT 1`,
      [timestamp(found.at), uuidOf(id)],
    );
    return typeof next === 'string' ? idOfUuid(next) : null;
  };
  const originOf = await origins.originsOf(statements, [found.instance]);
  const record = decodeRecord(unpackRecord(found.record));
  const call = { id, record, origin: originOf(found.instance) };
  return storedCallOf(call, await neighbor('<', 'DESC'), await neighbor('>', 'ASC'));
}

/** Finds a call in the partition of its id, or at the edges, where calls with an implausible time are. */
async function findCall(statements: Statements, id: CallId): Promise<Candidate | null> {
  const sql = `SELECT ${COLUMNS} FROM call WHERE id = $1::uuid AND ended_at = ANY($2::timestamptz[])`;
  const own = await statements.rows(sql, [uuidOf(id), [timestamp(storedTime(endOfCallId(id)))]]);
  if (own[0]) return candidateOf(own[0]);
  const edges = edgesOf(await readDays(statements)).map(timestamp);
  const [displaced] = await statements.rows(sql, [uuidOf(id), edges]);
  return displaced ? candidateOf(displaced) : null;
}
