import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Forwards connections to a server, and fails as networks and servers do. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private isFrozen = false;
  private cutAfter: string | null = null;
  private held: { readonly text: string; readonly after: string; readonly sent: () => void } | null = null;
  /** Delay of what is forwarded, milliseconds. */
  delayMs = 0;
  /** Connections that were opened. */
  connections = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {
    server.on('connection', (client) => this.forward(client));
  }

  static async start(target: number): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get openConnections(): number {
    return this.sockets.size / 2;
  }

  /** Forwards nothing anymore, without closing connections. */
  freeze(): void {
    this.isFrozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  thaw(): void {
    this.isFrozen = false;
    for (const socket of this.sockets) socket.resume();
  }

  /** Closes the connection that next sends `text`, when the server has responded: the response is lost. */
  cutResponseTo(text: string): void {
    this.cutAfter = text;
  }

  /** Forwards no response on the connection that next sends `text` after it has sent `after`. Resolves when it is sent. */
  holdResponseTo(text: string, after: string): Promise<void> {
    return new Promise((sent) => {
      this.held = { text, after, sent };
    });
  }

  /** Closes all connections, and keeps listening. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private forward(client: Socket): void {
    this.connections++;
    const upstream = connect(this.target, '127.0.0.1');
    let isCut = false;
    let isHeld = false;
    let isNear = false;
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(from);
      from.setNoDelay();
      from.on('error', () => {});
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (this.isFrozen) from.pause();
    }
    const [send, respond] = [this.delayed(upstream), this.delayed(client)];
    client.on('data', (data) => {
      if (this.cutAfter !== null && data.includes(this.cutAfter)) {
        this.cutAfter = null;
        isCut = true;
      }
      send(data);
      if (this.held === null) return;
      isNear ||= data.includes(this.held.after);
      if (!isNear || !data.includes(this.held.text)) return;
      isHeld = true;
      this.held.sent();
      this.held = null;
    });
    upstream.on('data', (data) => {
      if (isCut) client.destroy();
      else if (!isHeld) respond(data);
    });
  }

  /** Returns a function that writes to a socket, in order. */
  private delayed(to: Socket): (data: Buffer) => void {
    let last = Promise.resolve();
    let queued = 0;
    return (data) => {
      if (this.delayMs === 0 && queued === 0) return void to.write(data);
      queued++;
      last = last
        .then(() => delay(this.delayMs, undefined, { ref: false }))
        .then(() => {
          queued--;
          to.write(data);
        });
    };
  }
}
