import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Proxy {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a proxy that strips a path prefix without adding headers. */
export async function stripPrefix(prefix: string, port: number): Promise<Proxy> {
  const server = createServer((request, response) => {
    const path = request.url!.slice(prefix.length);
    const { method, headers } = request;
    const passed = httpRequest(
      { port, host: '127.0.0.1', method, path, headers, agent: false },
      (upstream) => {
        response.writeHead(upstream.statusCode!, upstream.headers);
        upstream.pipe(response);
      },
    );
    // A disconnect of the browser also closes the connection to the server.
    response.on('close', () => passed.destroy());
    passed.on('error', () => response.destroy());
    request.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
