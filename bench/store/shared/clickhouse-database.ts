import { setTimeout as sleep } from 'node:timers/promises';
import { ClickHouseProcess } from '../../../test/support/clickhouse-process.js';
import type { Database, StoredCalls } from './databases.js';
import { type TimesByThread, threadTimesOf } from './server-processes.js';

/** The engine of ClickHouse (chdb), behind a stand-in for its HTTP interface. */
export class ClickHouseDatabase implements Database {
  readonly kind = 'clickhouse';

  private constructor(
    private readonly server: ClickHouseProcess,
    readonly description: string,
  ) {}

  static async start(): Promise<ClickHouseDatabase> {
    const server = new ClickHouseProcess(process.cwd());
    await server.start();
    const [[version]] = (await server.rows('SELECT version()')) as [[string]];
    return new ClickHouseDatabase(server, `engine of ClickHouse ${version} (chdb)`);
  }

  get url(): string {
    return this.server.url;
  }

  /** The engine shares a process with the stand-in for HTTP, which parses all requests. */
  processorMs(): null {
    return null;
  }

  threadTimes(): TimesByThread | null {
    return threadTimesOf(this.server.pid);
  }

  async storedSince(time: number): Promise<StoredCalls> {
    const [[calls, ids]] = (await this.server.rows(
      `SELECT count(), uniqExact(id) FROM llm_telemetry.call WHERE ended_at >= fromUnixTimestamp64Milli(toInt64(${time}))`,
    )) as [[string, string]];
    return { calls: Number(calls), ids: Number(ids) };
  }

  async bytesOfCalls(): Promise<number> {
    const [[bytes]] = (await this.server.rows(
      "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'llm_telemetry' AND table = 'call'",
    )) as [[string]];
    return Number(bytes);
  }

  async compacted(): Promise<void> {
    for (;;) {
      const [[merges]] = (await this.server.rows('SELECT count() FROM system.merges')) as [[string]];
      if (Number(merges) === 0) return;
      await sleep(200);
    }
  }

  /** The server merges by itself. */
  async maintain(): Promise<void> {}

  kill(): Promise<void> {
    return this.server.kill();
  }

  resume(): Promise<void> {
    return this.server.start();
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}
