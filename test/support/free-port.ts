import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ephemeral ports, which other servers and outgoing connections get at any time. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;

/**
 * Returns a free port on 127.0.0.1, for servers that cannot listen on port 0 (`OTEL_EXPORTER_PROMETHEUS_PORT=0` is the
 * default port). Random, so that parallel tests do not choose the same one.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
  throw new Error(`No free port from ${FIRST_PORT} to ${FIRST_PORT + PORTS - 1}.`);
}
