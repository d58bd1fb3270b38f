import type { Client, ClientConfig, QueryArrayConfig, QueryArrayResult } from 'pg';
import { DatabaseError } from '../core/shared-backend.js';
import type { PostgresSettings } from './settings.js';
import { databaseErrorOf } from './trouble.js';

/** Milliseconds to connect, login included. `pg` would wait forever. */
const CONNECT_MS = 10_000;
/** Milliseconds after a timeout of the server until the connection is destroyed: then the server does not respond. */
const GRACE_MS = 2000;

/** A value of a parameter. Arrays are parameters of array types. */
export type Value = string | number | bigint | boolean | Uint8Array | null | readonly Value[];

/** A row of a result, by column. `bigint` and `numeric` are numbers. */
export type Row = readonly unknown[];

/** Runs statements, inside one transaction. */
export interface Statements {
  /** Returns the rows. @throws DatabaseError if the database is the cause; other errors are about the values. */
  rows<Columns extends Row = Row>(sql: string, values?: readonly Value[]): Promise<Columns[]>;
  /** Returns the number of changed rows. */
  change(sql: string, values?: readonly Value[]): Promise<number>;
}

export interface TransactionOptions {
  /** Limit of each statement in milliseconds. */
  readonly timeoutMs: number;
  readonly readOnly?: boolean;
  /** Limit of waiting for a lock in milliseconds. */
  readonly lockMs?: number;
}

/**
 * One connection, which is opened by its first use and closed when it is idle. Transactions run one after another.
 *
 * No session state: poolers give each transaction another session, and reject unknown startup parameters. So statements
 * have no names, and timeouts and the schema are set for each transaction.
 */
export class Connection {
  private client: Client | null = null;
  private last: Promise<unknown> = Promise.resolve();
  private idle: NodeJS.Timeout | null = null;
  private isClosed = false;

  constructor(
    private readonly settings: PostgresSettings,
    private readonly secret: () => Promise<string>,
    private readonly options: {
      readonly applicationName: string;
      /** Closed after this many idle milliseconds; `null`: kept open. */
      readonly idleMs: number | null;
    },
  ) {}

  /** Runs a transaction. After an error of the database the connection is destroyed, because its state is unknown. */
  transaction<Result>(
    options: TransactionOptions,
    run: (statements: Statements) => Promise<Result>,
  ): Promise<Result> {
    const result = this.last.then(() => this.runTransaction(options, run));
    this.last = result.catch(() => {});
    return result;
  }

  /** Closes the connection; a transaction that still runs has a short time. Never rejects. */
  async close(): Promise<void> {
    this.isClosed = true;
    const { client } = this;
    await bounded(this.last, GRACE_MS, () => client && destroySocket(client)).catch(() => {});
    await this.end();
  }

  private async runTransaction<Result>(
    { timeoutMs, readOnly = false, lockMs = timeoutMs }: TransactionOptions,
    run: (statements: Statements) => Promise<Result>,
  ): Promise<Result> {
    if (this.isClosed) throw new DatabaseError('unreachable', 'PostgreSQL: the connection is closed.');
    if (this.idle) clearTimeout(this.idle);
    const client = (this.client ??= await this.connect());
    const deadline = timeoutMs + GRACE_MS;
    const statements: Statements = {
      rows: async <Columns extends Row>(sql: string, values: readonly Value[] = []) =>
        (await query(client, sql, values, deadline)).rows as unknown as Columns[],
      change: async (sql, values = []) => (await query(client, sql, values, deadline)).rowCount ?? 0,
    };
    try {
      await simple(
        client,
        `BEGIN${readOnly ? ' READ ONLY' : ''}; SET LOCAL search_path TO ${quoted(this.settings.schema)}, pg_temp;
         SET LOCAL statement_timeout TO ${timeoutMs}; SET LOCAL lock_timeout TO ${lockMs};
         SET LOCAL idle_in_transaction_session_timeout TO ${2 * timeoutMs}`,
        deadline,
      );
      const result = await run(statements);
      await simple(client, 'COMMIT', deadline);
      return result;
    } catch (error) {
      const ofDatabase = databaseErrorOf(error);
      if (ofDatabase) this.destroy(client);
      else await simple(client, 'ROLLBACK', deadline).catch(() => this.destroy(client));
      throw ofDatabase ?? error;
    } finally {
      this.closeWhenIdle();
    }
  }

  private async connect(): Promise<Client> {
    const { settings, options } = this;
    const { Client } = await loadPg();
    const config: ClientConfig = {
      ...(typeof settings.connection === 'string'
        ? { connectionString: settings.connection }
        : settings.connection),
      application_name: options.applicationName,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      types: { getTypeParser: parserOf } as ClientConfig['types'],
    };
    const client = new Client(config);
    // Without a listener, an error of an idle connection ends the process.
    client.on('error', () => this.destroy(client));
    if (settings.asksPassword) client.password = await this.password();
    try {
      await bounded(client.connect(), 2 * CONNECT_MS, () => destroySocket(client));
      return client;
    } catch (error) {
      destroySocket(client);
      throw (
        databaseErrorOf(error) ??
        new DatabaseError('unreachable', `PostgreSQL: it cannot be reached (${errorName(error)}).`)
      );
    }
  }

  /** Asked for each connection: tokens such as those of IAM are valid for minutes. */
  private async password(): Promise<string> {
    try {
      return await bounded(this.secret(), CONNECT_MS, () => {});
    } catch (error) {
      throw new DatabaseError('refused', `PostgreSQL: the option "password" failed (${errorName(error)}).`);
    }
  }

  private closeWhenIdle(): void {
    const { idleMs } = this.options;
    if (idleMs === null || this.client === null) return;
    if (this.idle) clearTimeout(this.idle);
    this.idle = setTimeout(() => {
      this.last = this.last.then(() => this.end());
    }, idleMs);
    this.idle.unref();
  }

  private destroy(client: Client): void {
    if (this.client === client) this.client = null;
    destroySocket(client);
  }

  private async end(): Promise<void> {
    const { client } = this;
    if (this.idle) clearTimeout(this.idle);
    this.client = null;
    if (client) await bounded(client.end(), GRACE_MS, () => destroySocket(client)).catch(() => {});
  }
}

/** Quotes an identifier. */
export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

async function query(
  client: Client,
  text: string,
  values: readonly Value[],
  deadline: number,
): Promise<QueryArrayResult> {
  const config: QueryArrayConfig = { text, values: [...values], rowMode: 'array' };
  return bounded(client.query(config), deadline, () => destroySocket(client));
}

/** Runs statements without parameters in one round trip. */
async function simple(client: Client, text: string, deadline: number): Promise<void> {
  await bounded(client.query(text), deadline, () => destroySocket(client));
}

/** Rejects after a time. A promise that was given up never causes an unhandled rejection. */
async function bounded<Result>(promise: Promise<Result>, ms: number, giveUp: () => void): Promise<Result> {
  promise.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      giveUp();
      reject(new DatabaseError('timeout', 'PostgreSQL: it did not respond in time.'));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Ends a connection at once. `end` would wait for the running query. */
function destroySocket(client: Client): void {
  (client as unknown as { connection?: { stream?: { destroy?(): void } } }).connection?.stream?.destroy?.();
}

function errorName(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.name : typeof error;
}

async function loadPg(): Promise<typeof import('pg')> {
  try {
    const loaded = await import('pg');
    return 'default' in loaded ? (loaded as unknown as { default: typeof import('pg') }).default : loaded;
  } catch (error) {
    throw new DatabaseError(
      'unreachable',
      `The package "pg" cannot be loaded (${errorName(error)}). Install it with: npm install pg`,
    );
  }
}

const toText = (text: string): string => text;
/** By OID of the type. The parsers of `pg` can be replaced by the application. */
const PARSERS: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [16, (text) => text === 't'],
  [17, (text) => Buffer.from(text.slice(2), 'hex')],
  ...[20, 21, 23, 26, 700, 701, 1700].map((oid) => [oid, Number] as const),
]);

function parserOf(oid: number): (text: string) => unknown {
  return PARSERS.get(oid) ?? toText;
}
