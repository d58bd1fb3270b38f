import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Proxy {
  readonly port: number;
  stop(): Promise<void>;
}

/** A proxy that takes a prefix away, passes everything else on, and says nothing of it. */
export async function stripPrefix(prefix: string, port: number): Promise<Proxy> {
  const server = createServer((request, response) => {
    const path = request.url!.slice(prefix.length);
    const { method, headers } = request;
    const passed = httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    // A browser that leaves a stream leaves it on both sides.
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
