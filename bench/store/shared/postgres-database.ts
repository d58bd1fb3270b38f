import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { PostgresCluster } from '../../../test/support/postgres-cluster.js';
import type { Database, StoredCalls } from './databases.js';
import { killFamily, processorMsOf, type TimesByThread, threadTimesOf } from './server-processes.js';

/** The rest has the defaults of PostgreSQL, with durable commits. */
const SETTINGS = { shared_buffers: "'1GB'", max_wal_size: "'4GB'" };

const MAX_STARTS = 20;

/** A private cluster of the installed PostgreSQL. */
export class PostgresDatabase implements Database {
  readonly kind = 'postgres';

  private constructor(
    private readonly cluster: PostgresCluster,
    readonly url: string,
    readonly description: string,
  ) {}

  static async start(): Promise<PostgresDatabase> {
    const cluster = await PostgresCluster.start(SETTINGS);
    const url = await cluster.createDatabase();
    const [version] = await cluster.query('SHOW server_version');
    const settings = Object.entries(SETTINGS).map(([name, value]) => `${name} ${value.replaceAll("'", '')}`);
    const number = String(version!['server_version']).split(' ')[0];
    return new PostgresDatabase(cluster, url, `PostgreSQL ${number}, ${settings.join(', ')}`);
  }

  processorMs(): number | null {
    return processorMsOf(this.pid);
  }

  threadTimes(): TimesByThread | null {
    return threadTimesOf(this.pid);
  }

  async storedSince(time: number): Promise<StoredCalls> {
    const [row] = await this.query(
      `SELECT count(*)::int AS calls, count(DISTINCT id)::int AS ids FROM llm_telemetry.call
       WHERE ended_at >= to_timestamp(${time} / 1000.0)`,
    );
    return row as unknown as StoredCalls;
  }

  async bytesOfCalls(): Promise<number> {
    const [row] = await this.query(
      `SELECT sum(pg_total_relation_size(inhrelid))::text AS bytes FROM pg_inherits
       WHERE inhparent = 'llm_telemetry.call'::regclass`,
    );
    return Number(row!['bytes']);
  }

  /** With one connection: the processor time of new ones would be measured. */
  async compacted(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    try {
      for (;;) {
        const { rows } = await client.query<{ isDone: boolean }>(
          'SELECT NOT EXISTS (SELECT FROM llm_telemetry.delta) AS "isDone"',
        );
        if (rows[0]!.isDone) return;
        await sleep(200);
      }
    } finally {
      await client.end();
    }
  }

  async maintain(): Promise<void> {
    await this.query('VACUUM (ANALYZE)');
    await this.query('CHECKPOINT');
  }

  async kill(): Promise<void> {
    await killFamily(this.pid);
  }

  /** A process that was just forked can hold the shared memory for a moment longer. */
  async resume(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.cluster.resume();
        return;
      } catch (error) {
        if (attempt === MAX_STARTS) throw error;
        await sleep(500);
      }
    }
  }

  async stop(): Promise<void> {
    try {
      await this.cluster.stop();
    } catch {
      // It has ended and left its pid file.
      rmSync(this.pidFile, { force: true });
      await this.cluster.stop();
    }
  }

  private get pidFile(): string {
    return join(this.cluster.data, 'postmaster.pid');
  }

  private get pid(): number {
    return Number(readFileSync(this.pidFile, 'utf8').split('\n')[0]);
  }

  private query(sql: string): Promise<ReadonlyArray<Readonly<Record<string, unknown>>>> {
    return this.cluster.query(sql, this.url);
  }
}
