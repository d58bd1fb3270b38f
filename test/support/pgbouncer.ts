import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { programPath, requirePrograms } from './optional-programs.js';
import { poll } from './poll.js';
import type { PostgresCluster } from './postgres-cluster.js';

requirePrograms('pgbouncer');

/** Starts a pooler in transaction mode in front of a cluster, with fewer connections than clients. */
export async function startPgbouncer(
  cluster: PostgresCluster,
): Promise<{ url(database: string): string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-pgbouncer-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(
    file,
    `[databases]
* = host=127.0.0.1 port=${cluster.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${join(folder, 'users')}
pool_mode = transaction
default_pool_size = 3
`,
  );
  writeFileSync(join(folder, 'users'), '"llm" ""\n');
  const args = process.getuid?.() === 0 ? ['-u', 'nobody', file] : [file];
  const child: ChildProcess = spawn(programPath('pgbouncer'), ['-q', ...args], { stdio: 'ignore' });
  await poll(
    async () => {
      const socket = connect(port, '127.0.0.1');
      try {
        await once(socket, 'connect');
        return true;
      } catch {
        return undefined;
      } finally {
        socket.destroy();
      }
    },
    () => 'pgbouncer does not listen',
  );
  return {
    url: (database) => `postgres://llm@127.0.0.1:${port}/${database}`,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
