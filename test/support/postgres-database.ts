import { createBackend } from '../../src/llm-telemetry/store/postgres/postgres-backend.js';
import type { SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { PostgresCluster } from './postgres-cluster.js';
import { postgresSettings } from './postgres-store.js';
import type { BackendParts, CrashPoint, Fault, SharedDatabase } from './shared-database.js';
import { TcpProxy } from './tcp-proxy.js';

/** A private cluster of PostgreSQL. */
export class PostgresDatabase implements SharedDatabase {
  readonly kind = 'postgres';
  private cluster!: PostgresCluster;
  private proxy!: TcpProxy;
  private url = '';
  private held = Promise.resolve();
  private readonly backends: SharedBackend[] = [];

  async start(): Promise<void> {
    this.cluster = await PostgresCluster.start();
    this.proxy = await TcpProxy.start(this.cluster.port);
    // Superusers can always log in with the role of the tests.
    await this.cluster.query('CREATE ROLE app LOGIN SUPERUSER');
  }

  async stop(): Promise<void> {
    await this.closeBackends();
    await this.proxy?.stop();
    await this.cluster?.stop();
  }

  async reset(): Promise<void> {
    await this.closeBackends();
    this.url = await this.cluster.createDatabase();
  }

  backend({ migrate = true, ...parts }: BackendParts = {}): SharedBackend {
    const backend = createBackend(postgresSettings(this.url, { migrate }), parts);
    this.backends.push(backend);
    return backend;
  }

  options(migrate: true | 'check'): object {
    const { port } = this.proxy;
    return { connection: `postgres://app@127.0.0.1:${port}/${this.database}`, migrate };
  }

  async rows(sql: string): Promise<ReadonlyArray<readonly unknown[]>> {
    return (await this.cluster.query(sql, this.url)).map((row) => Object.values(row));
  }

  kill(): Promise<void> {
    return this.cluster.kill();
  }

  restart(): Promise<void> {
    return this.cluster.resume();
  }

  async ageAlerts(seconds: number): Promise<void> {
    await this.rows(`UPDATE llm_telemetry.alert SET at = at - interval '${seconds} seconds'`);
  }

  readonly faults: readonly Fault[] = [
    {
      name: 'has no space left',
      trouble: 'full',
      begin: () => this.refuse(`RAISE EXCEPTION 'no space' USING ERRCODE = '53100'`),
      end: () => this.run('DROP FUNCTION llm_telemetry.refuse CASCADE'),
    },
    {
      name: 'is read-only',
      trouble: 'read_only',
      begin: async () => {
        await this.run(`ALTER DATABASE ${this.database} SET default_transaction_read_only = on`);
        this.proxy.cut();
      },
      end: async () => {
        // From another database: this one is read-only.
        await this.cluster.query(`ALTER DATABASE ${this.database} RESET default_transaction_read_only`);
      },
    },
    {
      name: 'refuses logins',
      trouble: 'refused',
      begin: async () => {
        await this.run('ALTER ROLE app NOLOGIN');
        await this.endSessions();
      },
      end: () => this.run('ALTER ROLE app LOGIN'),
    },
    {
      name: 'ends all sessions again and again',
      trouble: null,
      begin: () => this.endSessions(),
      end: () => this.endSessions(),
    },
    {
      name: 'has a newer layout',
      trouble: 'newer_version',
      begin: () => this.run('UPDATE llm_telemetry.state SET layout = layout + 99'),
      end: () => this.run('UPDATE llm_telemetry.state SET layout = layout - 99'),
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
      begin: async () => this.cluster.freeze(),
      end: async () => this.cluster.thaw(),
    },
  ];

  readonly crashPoints: readonly CrashPoint[] = [
    {
      name: 'its COMMIT and the response',
      arm: async () => void (this.held = this.proxy.holdResponseTo('COMMIT', 'INSERT INTO call ')),
      reached: () => this.held,
    },
  ];

  private get database(): string {
    return new URL(this.url).pathname.slice(1);
  }

  private async run(sql: string): Promise<void> {
    await this.cluster.query(sql, this.url);
  }

  /** Makes inserts of calls fail. */
  private refuse(statement: string): Promise<void> {
    return this.run(
      `CREATE FUNCTION llm_telemetry.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${statement}; END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON llm_telemetry.call FOR EACH STATEMENT EXECUTE FUNCTION llm_telemetry.refuse()`,
    );
  }

  private endSessions(): Promise<void> {
    return this.run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'`);
  }

  private async closeBackends(): Promise<void> {
    await Promise.all(this.backends.splice(0).map((backend) => backend.close()));
  }
}
