import type { Redis, RedisOptions } from 'ioredis';
import { withTimeout } from '../period-spend.js';
import type { RedisClient } from './redis.options.js';
import type { RedisScript } from './redis-scripts.js';

/** Milliseconds to connect, login included. */
const CONNECT_MS = 5000;
/** Milliseconds for a response. */
const RESPOND_MS = 4000;

/** Redis is the cause of a failure. The message contains no value that was sent. */
export class RedisError extends Error {
  override readonly name = 'RedisError';
}

/** Runs scripts. */
export interface RedisConnection {
  /** Address for the log, without user and password. */
  readonly where: string;
  /** Returns the response, a list of integers as text. @throws RedisError */
  run(script: RedisScript, key: string, args: readonly string[]): Promise<readonly string[]>;
  close(): void;
}

/**
 * A connection of the ledger's own. It does not reconnect by itself, as it would keep a process alive that has nothing else to
 * do: each use opens it if needed. It is closed if Redis does not respond in time, or is not writable anymore after a failover.
 */
export class OwnConnection implements RedisConnection {
  readonly where: string;
  private client: Redis | null = null;
  private opening: Promise<Redis> | null = null;
  private generation = 0;
  /** Requests without a response. */
  private running = 0;

  constructor(private readonly connection: string | object) {
    this.where = whereOf(connection);
  }

  async run(script: RedisScript, key: string, args: readonly string[]): Promise<readonly string[]> {
    let client: Redis | null = null;
    this.running++;
    try {
      client = this.client ?? (await this.open());
      client.stream.ref();
      return await withTimeout(evaluate(client, script, key, args), RESPOND_MS);
    } catch (error) {
      if (client && !isAboutScript(error)) this.drop(client);
      throw redisErrorOf(error);
    } finally {
      // An idle connection does not keep the process alive.
      if (--this.running === 0) this.client?.stream.unref();
    }
  }

  close(): void {
    this.generation++;
    if (this.client) this.drop(this.client);
  }

  private open(): Promise<Redis> {
    this.opening ??= this.connect().finally(() => {
      this.opening = null;
    });
    return this.opening;
  }

  private async connect(): Promise<Redis> {
    const { generation, connection } = this;
    const { Redis } = await loadIoredis();
    const client =
      typeof connection === 'string'
        ? new Redis(connection, OPTIONS)
        : new Redis({ ...connection, ...OPTIONS });
    let cause: unknown;
    // Without a listener, errors are printed. Requests that fail are logged once.
    client.on('error', (error) => {
      cause = error;
    });
    client.on('close', () => this.drop(client));
    try {
      await withTimeout(client.connect(), CONNECT_MS);
      if (generation !== this.generation) throw new RedisError('closed');
    } catch (error) {
      client.disconnect();
      throw cause ?? error;
    }
    this.client = client;
    return client;
  }

  private drop(client: Redis): void {
    if (this.client === client) this.client = null;
    client.disconnect();
  }
}

/** A client that belongs to the application. */
export class GivenConnection implements RedisConnection {
  readonly where = 'the given client';
  /** Requests without a response by key. Clients can keep requests for as long as Redis is away. */
  private readonly pending = new Map<string, number>();

  constructor(private readonly client: RedisClient) {}

  async run(script: RedisScript, key: string, args: readonly string[]): Promise<readonly string[]> {
    const { client, pending } = this;
    if (!CONNECTED.has(client.status)) throw new RedisError('not connected');
    const before = pending.get(key) ?? 0;
    if (before >= MAX_PENDING) throw new RedisError('no response');
    pending.set(key, before + 1);
    const response = evaluate(client, script, key, args).finally(() => {
      const left = pending.get(key)! - 1;
      if (left > 0) pending.set(key, left);
      else pending.delete(key);
    });
    try {
      return await withTimeout(response, RESPOND_MS);
    } catch (error) {
      response.catch(() => undefined);
      throw redisErrorOf(error);
    }
  }

  close(): void {
    // The application closes it.
  }
}

/** Requests without a response about a budget in one period. */
const MAX_PENDING = 4;
/** Statuses of a client that is connected, or connects for the first time or on the first request. */
const CONNECTED: ReadonlySet<string> = new Set(['wait', 'connecting', 'connect', 'ready']);

const OPTIONS: RedisOptions = {
  lazyConnect: true,
  connectTimeout: CONNECT_MS,
  enableOfflineQueue: false,
  // Asks for INFO, which roles of applications often lack, and prints a warning then.
  enableReadyCheck: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
  connectionName: 'nestjs-llm-telemetry',
};

async function evaluate(
  client: RedisClient,
  { sha, text }: RedisScript,
  key: string,
  args: readonly string[],
): Promise<readonly string[]> {
  let response: unknown;
  try {
    response = await client.evalsha(sha, 1, key, ...args);
  } catch (error) {
    // After a restart, a failover or SCRIPT FLUSH. Any other error may have come after the script ran.
    if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
    response = await client.eval(text, 1, key, ...args);
  }
  if (!Array.isArray(response)) throw new RedisError('an unexpected response');
  return response.map(String);
}

/** Errors that a new connection to the same server would get again. */
function isAboutScript(error: unknown): boolean {
  return /^(?:OOM|NOPERM|BUSY|ERR|WRONGTYPE)/.test(messageOf(error)) && !/READONLY/.test(messageOf(error));
}

/** Words at the start of errors. Redis 6 puts them behind the name of the script. */
const CAUSE =
  /\b(?:READONLY|OOM|NOAUTH|WRONGPASS|NOPERM|LOADING|MASTERDOWN|CLUSTERDOWN|BUSY|MISCONF|NOREPLICAS|WRONGTYPE|TRYAGAIN)\b/;

function redisErrorOf(error: unknown): RedisError {
  if (error instanceof RedisError) return error;
  const { code } = (error ?? {}) as { code?: unknown };
  const message = messageOf(error);
  if (typeof code === 'string') return new RedisError(code);
  const known =
    CAUSE.exec(message)?.[0] ?? (/no response|timed out|timeout/i.test(message) ? 'no response' : null);
  return new RedisError(known ?? (error instanceof Error ? error.name : typeof error));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}

async function loadIoredis(): Promise<{ readonly Redis: typeof Redis }> {
  try {
    const loaded = await import('ioredis');
    return 'Redis' in loaded ? loaded : (loaded as { default: { Redis: typeof Redis } }).default;
  } catch {
    throw new RedisError('the package "ioredis" cannot be loaded; install it with: npm install ioredis');
  }
}

/** Returns the address of a connection. */
export function whereOf(connection: string | object): string {
  if (typeof connection === 'string') return new URL(connection).host || 'localhost';
  const { host, port, path, sentinels, name } = connection as Readonly<Record<string, unknown>>;
  if (Array.isArray(sentinels)) return `${text(name) || 'a master'} (Sentinel)`;
  return text(path) || `${text(host) || 'localhost'}:${text(port) || '6379'}`;
}

function text(input: unknown): string {
  return typeof input === 'string' || typeof input === 'number' ? String(input) : '';
}
