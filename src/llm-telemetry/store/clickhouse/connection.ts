import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import type { StoreTrouble } from '../call-store.js';
import { DatabaseError } from '../core/shared-backend.js';
import type { Parameters } from './sql.js';

/** How to reach a server. */
export interface ConnectionSettings {
  /** HTTP address without user and password. */
  readonly url: string;
  readonly username: string;
}

/** Values of one row of an insert, in the order of the columns. */
export type InsertRow = readonly unknown[];

/** How an insert is recognized if it is repeated. */
export interface InsertOptions {
  /** Deduplication token. Absent: the server may collect inserts of several clients. */
  readonly token?: string;
}

/** Milliseconds until a request is given up. The server stops a query earlier. */
const REQUEST_TIMEOUT_MS = 35_000;
const MAX_EXECUTION_S = 30;

const SETTINGS: ClickHouseSettings = {
  // Without quotes, JSON.parse rounds these numbers.
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  max_execution_time: MAX_EXECUTION_S,
};

const INSERT_SETTINGS: ClickHouseSettings = {
  // Responds when the rows are stored, with the status of the whole insert.
  wait_end_of_query: 1,
  // One block, and so one part for each partition.
  input_format_parallel_parsing: 0,
  // An import can contain calls of many days.
  max_partitions_per_insert_block: '0',
};

/** Requests to one server over HTTP. The client is loaded, and the password read, with the first one. */
export class Connection {
  private client: Promise<ClickHouseClient> | null = null;

  constructor(
    private readonly settings: ConnectionSettings,
    private readonly secret: () => Promise<string>,
  ) {}

  /** Returns the rows of a query. @throws DatabaseError */
  async rows<Row extends readonly unknown[]>(query: string, parameters: Parameters = {}): Promise<Row[]> {
    return this.request(async (client) => {
      const result = await client.query({ query, query_params: parameters, format: 'JSONCompactEachRow' });
      return result.json<Row>();
    });
  }

  /** Passes the rows of a query as they arrive. If `take` throws, the query is cancelled. @throws DatabaseError */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- callers name the type of the rows
  async scan<Row extends readonly unknown[]>(
    query: string,
    parameters: Parameters,
    take: (row: Row) => void,
  ): Promise<void> {
    let rejected: { readonly reason: unknown } | null = null;
    await this.request(async (client) => {
      const result = await client.query({
        query,
        query_params: parameters,
        format: 'JSONCompactEachRow',
        clickhouse_settings: { cancel_http_readonly_queries_on_client_close: 1 },
      });
      try {
        for await (const rows of result.stream<Row>())
          for (const row of rows) {
            const values = row.json();
            try {
              take(values);
            } catch (reason) {
              rejected = { reason };
              return;
            }
          }
      } finally {
        result.close();
      }
    });
    if (rejected !== null) throw (rejected as { readonly reason: unknown }).reason;
  }

  /** Runs a statement without a result. @throws DatabaseError */
  async run(query: string): Promise<void> {
    await this.request((client) => client.command({ query }));
  }

  /** Inserts rows. @throws DatabaseError; another error if the server refuses the values */
  async insert(
    table: string,
    columns: readonly string[],
    rows: readonly InsertRow[],
    { token }: InsertOptions,
  ): Promise<void> {
    const mode: ClickHouseSettings =
      token === undefined
        ? { async_insert: 1, wait_for_async_insert: 1 }
        : { async_insert: 0, insert_deduplicate: 1, insert_deduplication_token: token };
    await this.request((client) =>
      client.insert({
        table,
        columns: columns as [string, ...string[]],
        values: rows,
        format: 'JSONCompactEachRow',
        clickhouse_settings: { ...INSERT_SETTINGS, ...mode },
      }),
    );
  }

  /** Never rejects. */
  async close(): Promise<void> {
    const { client } = this;
    this.client = null;
    await client?.then((open) => open.close()).catch(() => undefined);
  }

  private async request<T>(send: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    try {
      return await send(await (this.client ??= this.connect()));
    } catch (error) {
      const failure = failureOf(error);
      // A password may have been replaced.
      if (failure instanceof DatabaseError && failure.trouble === 'refused') await this.close();
      throw failure;
    }
  }

  private async connect(): Promise<ClickHouseClient> {
    try {
      const { createClient, ClickHouseLogLevel } = await import('@clickhouse/client');
      const { url, username } = this.settings;
      return createClient({
        url,
        username,
        password: await this.secret(),
        application: 'nestjs-llm-telemetry',
        request_timeout: REQUEST_TIMEOUT_MS,
        max_open_connections: 4,
        // The server closes idle sockets, which a busy thread may notice too late.
        keep_alive: { idle_socket_ttl: 2000, eagerly_destroy_stale_sockets: true },
        compression: { response: true },
        clickhouse_settings: SETTINGS,
        // The client would log statements and parameters on the application's output.
        log: { level: ClickHouseLogLevel.OFF },
      });
    } catch (error) {
      this.client = null;
      throw error;
    }
  }
}

/** Errors of a statement's values; all others have their cause in the server. */
const VALUE_ERRORS: ReadonlySet<string> = new Set([
  '6', // CANNOT_PARSE_TEXT
  '26', // CANNOT_PARSE_QUOTED_STRING
  '27', // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  '41', // CANNOT_PARSE_DATETIME
  '53', // TYPE_MISMATCH
  '69', // ARGUMENT_OUT_OF_BOUND
  '72', // CANNOT_PARSE_NUMBER
  '117', // INCORRECT_DATA
  '130', // CANNOT_READ_ARRAY_FROM_TEXT
  '131', // TOO_LARGE_STRING_SIZE
  '376', // CANNOT_PARSE_UUID
]);

/** By number: https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp */
const TROUBLES_BY_CODE: ReadonlyMap<string, StoreTrouble> = new Map([
  ['159', 'timeout'], // TIMEOUT_EXCEEDED
  ['164', 'read_only'], // READONLY
  ['192', 'refused'], // UNKNOWN_USER
  ['193', 'refused'], // WRONG_PASSWORD
  ['194', 'refused'], // REQUIRED_PASSWORD
  ['202', 'too_many_connections'], // TOO_MANY_SIMULTANEOUS_QUERIES
  ['209', 'timeout'], // SOCKET_TIMEOUT
  ['210', 'unreachable'], // NETWORK_ERROR
  ['242', 'read_only'], // TABLE_IS_READ_ONLY
  ['243', 'full'], // NOT_ENOUGH_SPACE
  ['497', 'forbidden'], // ACCESS_DENIED
  ['516', 'refused'], // AUTHENTICATION_FAILED
]);

/** Describes an error without the text of the server, which can contain values. */
function failureOf(error: unknown): Error {
  if (error instanceof DatabaseError) return error;
  const { code, type, message } = error as { code?: unknown; type?: unknown; message?: unknown };
  // The class of the client is loaded from another module.
  if (typeof code === 'string' && /^\d+$/.test(code) && typeof type === 'string') {
    const description = `ClickHouse error ${code} (${type})`;
    if (VALUE_ERRORS.has(code)) return new Error(description);
    return new DatabaseError(TROUBLES_BY_CODE.get(code) ?? 'io_error', description);
  }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND')
    return new DatabaseError('unreachable', 'The package @clickhouse/client is not installed.');
  if (message === 'Timeout error.')
    return new DatabaseError('timeout', 'ClickHouse did not respond in time.');
  return new DatabaseError(
    'unreachable',
    `ClickHouse cannot be reached (${typeof code === 'string' ? code : 'connection closed'}).`,
  );
}
