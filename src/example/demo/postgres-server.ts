import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { freePort } from './service-process.js';

/** `initdb` and `postgres` refuse to run as root. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const DEBIAN = '/usr/lib/postgresql';

/** A temporary PostgreSQL server on 127.0.0.1, from the installed programs. */
export class PostgresServer {
  private constructor(
    private readonly folder: string,
    private readonly programs: string,
    readonly url: string,
  ) {}

  /** @returns `null` if PostgreSQL is not installed. */
  static async start(): Promise<PostgresServer | null> {
    const programs = findPrograms();
    if (programs === null) return null;
    const folder = mkdtempSync(join(tmpdir(), 'llm-telemetry-demo-'));
    chmodSync(folder, 0o755);
    if (isRoot()) chownSync(folder, NOBODY.uid, NOBODY.gid);
    const port = await freePort(0);
    const server = new PostgresServer(folder, programs, `postgres://llm@127.0.0.1:${port}/postgres`);
    await server.run('initdb', ['-D', server.data, '-A', 'trust', '-U', 'llm', '-E', 'UTF8', '--locale=C']);
    const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=`;
    await server.run('pg_ctl', ['-D', server.data, '-w', '-l', join(folder, 'log'), '-o', options, 'start']);
    return server;
  }

  /** Stops the server and deletes its files. */
  async stop(): Promise<void> {
    await this.run('pg_ctl', ['-D', this.data, '-w', '-m', 'immediate', 'stop']).catch(() => {});
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get data(): string {
    return join(this.folder, 'data');
  }

  private async run(program: string, args: readonly string[]): Promise<void> {
    // `pg_ctl` starts a server that keeps pipes open. In a process group of its own, Ctrl-C does not reach the server.
    const child = spawn(join(this.programs, program), args, {
      cwd: this.folder,
      stdio: 'ignore',
      detached: true,
      ...(isRoot() && NOBODY),
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', resolve);
    });
    if (code !== 0) throw new Error(`${program} exited with code ${code}.`);
  }
}

/** Returns the folder of the programs. Debian does not put it on the PATH. */
function findPrograms(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  for (const folder of [...folders, ...versions.map((version) => join(DEBIAN, version, 'bin'))]) {
    const program = join(folder, 'initdb');
    if (existsSync(program)) return dirname(realpathSync(program));
  }
  return null;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
