import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackend } from '../../src/llm-telemetry/store/clickhouse/clickhouse-backend.js';
import type { ClickHouseSettings } from '../../src/llm-telemetry/store/clickhouse/clickhouse-settings.js';
import type { OwnInstance } from '../../src/llm-telemetry/store/core/instance.js';
import type { NameLimits, ReservedNames } from '../../src/llm-telemetry/store/core/series.js';
import type { SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { NodeProcess } from './node-process.js';

const ROOT = join(import.meta.dirname, '../..');

/** When an insert loses its connection: before or after the server has stored it. */
export type FaultTime = 'before' | 'after';

/** The engine of ClickHouse in a process of its own, behind a stand-in for its HTTP interface. */
export class ClickHouseServer {
  private process: NodeProcess | null = null;
  private readonly folder = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-'));
  private readonly backends: SharedBackend[] = [];
  port = 0;

  /** Starts the server on its data; on the same port if it was started before. */
  async start(): Promise<void> {
    if (!existsSync(join(ROOT, 'test/clickhouse/node_modules/chdb')))
      throw new Error('chdb is not installed. Run: npm run test:fleet');
    this.process = new NodeProcess(
      ['test/clickhouse/server.mjs', join(this.folder, 'data'), String(this.port)],
      { cwd: ROOT },
    );
    const [, port] = await this.process.printed(/port (\d+)/);
    this.port = Number(port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Ends the server as a power failure would. */
  async kill(): Promise<void> {
    this.process?.kill('SIGKILL');
    await this.process?.ended;
  }

  /** Stops the server, and deletes its data. */
  async stop(): Promise<void> {
    await Promise.all(this.backends.map((backend) => backend.close()));
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Makes the next inserts into a table lose their connection. */
  async fail(table: string, when: FaultTime, count = 1): Promise<void> {
    await fetch(`${this.url}/fault?table=${table}&when=${when}&count=${count}`, { method: 'POST' });
  }

  /** Returns a backend, which is closed when the server is stopped. */
  backend(
    differences: Partial<ClickHouseSettings> = {},
    names: {
      readonly instance?: OwnInstance;
      readonly reservedNames?: ReservedNames;
      readonly limits?: NameLimits;
    } = {},
  ): SharedBackend {
    const settings = { ...settingsOf(this.url), ...differences };
    const backend = createBackend(settings, { ...names, secret: async () => '' });
    this.backends.push(backend);
    return backend;
  }

  /** Returns the rows of a query. */
  async rows(query: string): Promise<unknown[][]> {
    const response = await fetch(this.url, { method: 'POST', body: `${query} FORMAT JSONCompactEachRow` });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown[]);
  }

  /** Runs a statement. */
  async run(statement: string): Promise<void> {
    const response = await fetch(this.url, { method: 'POST', body: statement });
    if (!response.ok) throw new Error(await response.text());
  }
}

/** Returns the settings of `clickhouseStore({ url })`. */
export function settingsOf(url: string): ClickHouseSettings {
  return {
    url,
    username: 'default',
    database: 'llm_telemetry',
    cluster: null,
    retention: { callDays: 30, rollupDays: 400 },
    migrate: true,
  };
}
