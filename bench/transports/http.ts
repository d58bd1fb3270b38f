import { fork } from 'node:child_process';
import { once } from 'node:events';
import { bareFetch } from '../bare-fetch.js';
import type { Transport } from './transport.js';

/** Sends real HTTP to a server in another process, so that the server does not run on the measured event loop. */
export async function httpTransport(): Promise<Transport> {
  const server = fork(new URL('http-server.js', import.meta.url));
  const [port] = (await once(server, 'message')) as [number];
  return {
    name: 'http',
    fetch: bareFetch,
    origin: `http://127.0.0.1:${port}`,
    stop: () => void server.kill(),
  };
}
