import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** Distributes requests to the instances of a service on 127.0.0.1, as a load balancer does. */
export class RoundRobinProxy {
  private readonly server: Server;
  private next = 0;

  /** `ports`: those of the running instances, read for each request. */
  constructor(private readonly ports: () => readonly number[]) {
    this.server = createServer((incoming, response) => this.forward(incoming, response));
  }

  async listen(port: number): Promise<void> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private forward(incoming: IncomingMessage, response: ServerResponse): void {
    const ports = this.ports();
    const port = ports[this.next++ % ports.length];
    if (port === undefined) {
      response.writeHead(503).end();
      return;
    }
    const { method, url, headers } = incoming;
    const outgoing = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    outgoing.on('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    });
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }
}
