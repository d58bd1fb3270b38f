import type { SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { ClickHouseServer } from './clickhouse-server.js';
import type { BackendParts, CrashPoint, Fault, SharedDatabase } from './shared-database.js';
import { TcpProxy } from './tcp-proxy.js';

/** The engine of ClickHouse behind a stand-in for its HTTP interface. */
export class ClickHouseDatabase implements SharedDatabase {
  readonly kind = 'clickhouse';
  private readonly server = new ClickHouseServer();
  private proxy!: TcpProxy;

  async start(): Promise<void> {
    await this.server.start();
    this.proxy = await TcpProxy.start(this.server.port);
  }

  async stop(): Promise<void> {
    await this.proxy?.stop();
    await this.server.stop();
  }

  async reset(): Promise<void> {
    await this.server.closeBackends();
    await this.server.run('DROP DATABASE IF EXISTS llm_telemetry SYNC');
  }

  backend({ migrate = true, ...parts }: BackendParts = {}): SharedBackend {
    return this.server.backend({ migrate }, parts);
  }

  options(migrate: true | 'check'): object {
    return { url: `http://127.0.0.1:${this.proxy.port}`, migrate };
  }

  rows(sql: string): Promise<ReadonlyArray<readonly unknown[]>> {
    return this.server.rows(sql);
  }

  kill(): Promise<void> {
    return this.server.kill();
  }

  restart(): Promise<void> {
    return this.server.start();
  }

  async ageAlerts(seconds: number): Promise<void> {
    await this.server.run(
      `CREATE OR REPLACE TABLE llm_telemetry.moved ENGINE = MergeTree ORDER BY (key, at, claim) AS
       SELECT key, event, state, by, claim, at - INTERVAL ${seconds} SECOND AS at FROM llm_telemetry.alert`,
    );
    await this.server.run('TRUNCATE TABLE llm_telemetry.alert SYNC');
    await this.server.run('INSERT INTO llm_telemetry.alert SELECT * FROM llm_telemetry.moved');
  }

  readonly faults: readonly Fault[] = [
    {
      name: 'has no space left',
      trouble: 'full',
      begin: () => this.server.refuse('inserts', 243),
      end: () => this.server.refuse('nothing', 0),
    },
    {
      name: 'is read-only',
      trouble: 'read_only',
      begin: () => this.server.refuse('inserts', 242),
      end: () => this.server.refuse('nothing', 0),
    },
    {
      name: 'refuses logins',
      trouble: 'refused',
      begin: () => this.server.refuse('everything', 516),
      end: () => this.server.refuse('nothing', 0),
    },
    {
      name: 'ends all connections again and again',
      trouble: null,
      begin: async () => this.proxy.cut(),
      end: async () => this.proxy.cut(),
    },
    {
      name: 'has a newer layout',
      trouble: 'newer_version',
      begin: () => this.setLayout(1),
      end: () => this.setLayout(-1),
    },
    {
      name: 'is slow',
      trouble: null,
      begin: async () => void (this.proxy.delayMs = 50),
      end: async () => void (this.proxy.delayMs = 0),
    },
    {
      name: 'is frozen',
      trouble: 'timeout',
      begin: async () => this.server.freeze(),
      end: async () => this.server.thaw(),
    },
  ];

  readonly crashPoints: readonly CrashPoint[] = ['call', 'rollup'].map((table) => ({
    name: `the insert into the table ${table} and its response`,
    arm: () => this.server.holdResponseTo(table),
    reached: () => this.server.held(),
  }));

  /** Raises the layout by 99, or lowers it again. */
  private setLayout(direction: 1 | -1): Promise<void> {
    return this.server.run(
      `INSERT INTO llm_telemetry.meta (key, value)
       SELECT key, toString(toInt32(argMax(value, at)) + ${99 * direction}) FROM llm_telemetry.meta WHERE key = 'layout' GROUP BY key`,
    );
  }
}
