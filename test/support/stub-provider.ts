import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Provider on 127.0.0.1 with HTTP responses that a test sets. */
export class StubProvider {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<StubProvider> {
    const server = createServer((request, response) => {
      request.resume();
      request.on('end', () => provider.respond(request, response));
    });
    // By default the server closes idle connections after 5 s, in a race with the next request on a busy machine.
    server.keepAliveTimeout = 0;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const provider = new StubProvider(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return provider;
  }

  /** Responds to the next requests. */
  respond: RequestListener = (_, response) => void response.end();

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
