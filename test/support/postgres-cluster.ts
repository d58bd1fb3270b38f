import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { freePort } from './free-port.js';
import { programPath, requirePrograms } from './optional-programs.js';
import { poll } from './poll.js';

requirePrograms('postgres');

/** `initdb` and `postgres` refuse to run as root. */
const UNPRIVILEGED = { name: 'nobody', uid: 65_534, gid: 65_534 };

/** A PostgreSQL server of its own, on 127.0.0.1. */
export class PostgresCluster {
  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly bin: string,
  ) {}

  /** Creates and starts a cluster. It has no passwords unless `pg_hba` says so. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<PostgresCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-postgres-'));
    chmodSync(folder, 0o755);
    if (isRoot()) chownSync(folder, UNPRIVILEGED.uid, UNPRIVILEGED.gid);
    const cluster = new PostgresCluster(
      folder,
      await freePort(),
      dirname(realpathSync(programPath('postgres'))),
    );
    await cluster.run('initdb', ['-D', cluster.data, '-A', 'trust', '-U', 'llm', '-E', 'UTF8', '--locale=C']);
    const all = {
      listen_addresses: "'127.0.0.1'",
      port: String(cluster.port),
      unix_socket_directories: `'${folder}'`,
      shared_buffers: "'64MB'",
      ...settings,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`);
    writeFileSync(join(cluster.data, 'conf.d-tests.conf'), lines.join(''));
    writeFileSync(join(cluster.data, 'postgresql.conf'), "include 'conf.d-tests.conf'\n", { flag: 'a' });
    await cluster.resume();
    return cluster;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  /** Connection string of a database and a role. */
  url(database = 'postgres', user = 'llm'): string {
    return `postgres://${user}@127.0.0.1:${this.port}/${database}`;
  }

  /** Creates an empty database and returns its connection string. */
  async createDatabase(): Promise<string> {
    const name = `test_${Math.random().toString(36).slice(2, 10)}`;
    await this.query(`CREATE DATABASE ${name}`);
    return this.url(name);
  }

  /** Runs a statement as the superuser. */
  async query(sql: string, url = this.url()): Promise<ReadonlyArray<Readonly<Record<string, unknown>>>> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    try {
      const { rows } = await client.query(sql);
      return rows as Array<Record<string, unknown>>;
    } finally {
      await client.end();
    }
  }

  /** Starts the server again. */
  async resume(): Promise<void> {
    await this.run('pg_ctl', ['-D', this.data, '-w', '-l', join(this.folder, 'log'), 'start']);
  }

  /** Stops the server. `immediate`: as if it had crashed. */
  async halt(mode: 'fast' | 'immediate' = 'immediate'): Promise<void> {
    await this.run('pg_ctl', ['-D', this.data, '-w', '-m', mode, 'stop']);
  }

  /** Kills all processes of the server, as a failing machine does. */
  async kill(): Promise<void> {
    // It starts no further process then.
    signal(this.processes()[0]!, 'SIGSTOP');
    const processes = this.processes();
    for (const pid of processes) signal(pid, 'SIGKILL');
    await poll(
      async () => !processes.some(isRunning) || undefined,
      () => 'the processes of PostgreSQL end',
    );
    // In a container, the server can be a zombie until the container ends: it would count as running.
    for (const lock of [join(this.data, 'postmaster.pid'), join(this.folder, `.s.PGSQL.${this.port}.lock`)])
      rmSync(lock, { force: true });
  }

  /** Stops all processes of the server, which keep their connections and do not respond. */
  freeze(): void {
    signal(this.processes()[0]!, 'SIGSTOP');
    for (const pid of this.processes()) signal(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.processes()) signal(pid, 'SIGCONT');
  }

  /** Process ids of the server and of its sessions, the server first. */
  private processes(): readonly number[] {
    const [pid] = readFileSync(join(this.data, 'postmaster.pid'), 'utf8').split('\n').map(Number);
    const all = readdirSync('/proc').map(Number).filter(Number.isInteger);
    return [pid!, ...all.filter((other) => statOf(other)?.parent === pid)];
  }

  /** Stops the server and deletes its files. */
  async stop(): Promise<void> {
    if (existsSync(join(this.data, 'postmaster.pid'))) await this.halt();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Adds a rule for logins before all others. */
  async prependHba(rule: string): Promise<void> {
    const file = join(this.data, 'pg_hba.conf');
    writeFileSync(file, rule + readFileSync(file, 'utf8'));
    await this.query('SELECT pg_reload_conf()');
  }

  private async run(program: string, args: readonly string[]): Promise<void> {
    const command = join(this.bin, program);
    // `pg_ctl` starts a server that keeps the pipes of its output open.
    const child = spawn(command, args, {
      cwd: this.folder,
      stdio: 'ignore',
      ...(isRoot() && { uid: UNPRIVILEGED.uid, gid: UNPRIVILEGED.gid }),
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', resolve);
    });
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with code ${code}.`);
  }
}

/** Returns state and parent of a process; `null` if it has ended. */
function statOf(pid: number): { readonly state: string; readonly parent: number } | null {
  try {
    // The name in parentheses can contain spaces.
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return { state: state!, parent: Number(parent) };
  } catch {
    return null;
  }
}

/** A zombie has ended. */
function isRunning(pid: number): boolean {
  return (statOf(pid)?.state ?? 'Z') !== 'Z';
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
