import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PostedMessage<Body = AlertBody> {
  readonly headers: IncomingHttpHeaders;
  readonly body: Body;
}

/** Body of an alert message. */
export interface AlertBody {
  readonly text: string;
  readonly blocks: readonly object[];
  readonly service: string | null;
  readonly alert: Record<string, unknown>;
}

type Answer = (response: ServerResponse) => void;

/** Receives the messages of a webhook at a secret address. */
export class WebhookReceiver<Body = AlertBody> {
  readonly messages: Array<PostedMessage<Body>> = [];
  /** Responses to the next requests, in order. Later requests get 200. */
  readonly answers: Answer[] = [];
  private readonly events = new EventEmitter();
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Body;
      this.messages.push({ headers: request.headers, body });
      const answer = this.answers.shift() ?? status(200);
      answer(response);
      this.events.emit('message');
    });
  });

  static async start<Body = AlertBody>(): Promise<WebhookReceiver<Body>> {
    const receiver = new WebhookReceiver<Body>();
    receiver.server.listen(0, '127.0.0.1');
    await once(receiver.server, 'listening');
    return receiver;
  }

  /** Has the path of model requests, to prove that alerts are not recorded as calls. */
  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/canary-secret/v1/chat/completions`;
  }

  /** Resolves when `count` messages were received. */
  async received(count: number): Promise<ReadonlyArray<PostedMessage<Body>>> {
    while (this.messages.length < count) await once(this.events, 'message');
    return this.messages;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(code, headers).end();
}

/** Never responds. */
export const silence: Answer = () => {};
