import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { programPath, requirePrograms } from './optional-programs.js';
import { poll } from './poll.js';

requirePrograms('redis-server');

/** A Redis server of its own, on 127.0.0.1, without persistence. */
export class RedisServer {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly args: readonly string[],
  ) {}

  static async start(...args: readonly string[]): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-redis-'));
    const server = new RedisServer(folder, await freePort(), args);
    await server.resume();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts the server again, without data. */
  async resume(): Promise<void> {
    const { folder, port, args } = this;
    const all = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...args];
    this.child = spawn(programPath('redis-server'), all, { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    await new Promise<void>((resolve, reject) => {
      this.child!.once('exit', () => reject(new Error(`redis-server ended: ${printed}`)));
      this.child!.stdout!.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        if (/ready to accept connections/i.test(printed)) resolve();
      });
    });
  }

  /** Kills the server. */
  async halt(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async stop(): Promise<void> {
    await this.halt();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs a command on a connection of its own. */
  async command(name: string, ...args: readonly string[]): Promise<unknown> {
    const client = new Redis(this.url, { lazyConnect: true, retryStrategy: () => null });
    await client.connect();
    try {
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  }
}

/** Starts three servers that share the keys as a Redis Cluster. */
export async function startRedisCluster(): Promise<readonly RedisServer[]> {
  const servers = await Promise.all([0, 1, 2].map(() => RedisServer.start('--cluster-enabled', 'yes')));
  const slots = Array.from({ length: 16_384 }, (_, slot) => String(slot));
  const part = Math.ceil(slots.length / servers.length);
  for (const [index, server] of servers.entries()) {
    await server.command('CLUSTER', 'ADDSLOTS', ...slots.slice(index * part, (index + 1) * part));
    await server.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
  }
  for (const { port } of servers.slice(1))
    await servers[0]!.command('CLUSTER', 'MEET', '127.0.0.1', String(port));
  await poll(
    async () => {
      const states = await Promise.all(servers.map((server) => server.command('CLUSTER', 'INFO')));
      const isReady = states.every((state) =>
        /cluster_state:ok[^]*cluster_known_nodes:3/.test(String(state)),
      );
      return isReady || undefined;
    },
    () => 'the cluster has no state ok',
  );
  return servers;
}
