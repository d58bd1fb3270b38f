import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeProcess } from './node-process.js';

/** When an insert loses its connection: before or after the server has stored it. */
export type FaultTime = 'before' | 'after';

/** The engine of ClickHouse in a process of its own, behind a stand-in for its HTTP interface. */
export class ClickHouseProcess {
  private process: NodeProcess | null = null;
  private readonly folder = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-'));
  port = 0;

  /** @param root - folder of the repository */
  constructor(private readonly root = join(import.meta.dirname, '../..')) {}

  /** Starts the server on its data; on the same port if it was started before. */
  async start(): Promise<void> {
    if (!existsSync(join(this.root, 'test/clickhouse/node_modules/chdb')))
      throw new Error('chdb is not installed. Run: npm run test:fleet');
    this.process = new NodeProcess(
      ['test/clickhouse/server.mjs', join(this.folder, 'data'), String(this.port)],
      { cwd: this.root },
    );
    const [, port] = await this.process.printed(/port (\d+)/);
    this.port = Number(port);
  }

  /** Id of the process that runs. */
  get pid(): number {
    return this.process!.pid;
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
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Stops the process, which keeps its connections and does not respond. */
  freeze(): void {
    this.process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.process?.kill('SIGCONT');
  }

  /** Makes the next inserts into a table lose their connection. */
  async fail(table: string, when: FaultTime, count = 1): Promise<void> {
    await fetch(`${this.url}/fault?table=${table}&when=${when}&count=${count}`, { method: 'POST' });
  }

  /** Makes requests of clients fail with an error of the server, until `nothing` is refused. */
  async refuse(requests: 'inserts' | 'everything' | 'nothing', code: number): Promise<void> {
    await fetch(`${this.url}/refuse?requests=${requests}&code=${code}`, { method: 'POST' });
  }

  /** Makes the next insert into a table get no response. */
  async holdResponseTo(table: string): Promise<void> {
    await fetch(`${this.url}/hold?table=${table}`, { method: 'POST' });
  }

  /** Resolves when an insert is done that gets no response. */
  async held(): Promise<void> {
    await fetch(`${this.url}/held`, { method: 'POST' });
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
