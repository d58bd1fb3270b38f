import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { NodeProcess } from '../../support/node-process.js';
import { ORDER } from '../../support/samples.js';
import { ServiceProcess } from '../../support/service-process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Runs the example service and the built library in separate processes, which are killed after each test. */

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../process/${name}`, import.meta.url));

// Shorter than the 72 s for which the service keeps idle connections alive: shutdown must not wait for them.
import.meta.jest.setTimeout(60_000);

/** Working directory of the processes. It is empty, so that no `.env` is read. */
export const folder = temporaryFolder();

beforeAll(async () => {
  // Builds only if the sources have changed since `dist` was built.
  const build = spawn(process.execPath, ['scripts/prepare.mjs', '--build'], { cwd: root, stdio: 'inherit' });
  const [code] = (await once(build, 'close')) as [number | null];
  if (code !== 0) throw new Error('The build failed.');
  // An outdated lockfile is installed first; both take minutes on a busy machine.
}, 600_000);
afterEach(() => NodeProcess.killAll());

export function startService(env: Readonly<Record<string, string>> = {}): ServiceProcess {
  return new ServiceProcess({
    cwd: folder.path,
    env: { PORT: '0', ...env },
    nodeArgs: ['--import', fixture('note-connections.mjs')],
  });
}

export const order = { order_text: ORDER, user_id: 'customer-1' };
export const GOOD_END = { code: 0, signal: null };

export async function answer(sent: Promise<Response>): Promise<[status: number, body: unknown]> {
  const response = await sent;
  return [response.status, await response.json()];
}

export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
