import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Provider on 127.0.0.1 with HTTP responses that a test sets. */
export class AnsweringServer {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<AnsweringServer> {
    const server = createServer((request, response) => {
      request.resume();
      request.on('end', () => answering.answer(request, response));
    });
    // By default the server closes idle connections after 5 s, in a race with the next request on a busy machine.
    server.keepAliveTimeout = 0;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const answering = new AnsweringServer(
      server,
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    );
    return answering;
  }

  /** Responds to the next requests. */
  answer: RequestListener = (_, response) => void response.end();

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
