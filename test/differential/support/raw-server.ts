import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it arrived, to the byte. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** Names and values in the order and spelling of the wire. */
  readonly headers: readonly string[];
  /** One character per byte. */
  readonly body: string;
}

type Handler = (response: ServerResponse, request: RawRequest) => void;

/** A server on 127.0.0.1 that keeps what arrives. */
export class RawServer {
  readonly requests: RawRequest[] = [];
  /** Responds to the next requests. */
  handler: Handler = (response) => response.end();
  private readonly server = createServer((request, response) => void this.receive(request, response));

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // The client left while it sent the body.
      return;
    }
    const raw: RawRequest = {
      method: request.method!,
      path: request.url!,
      headers: request.rawHeaders.map(withoutBoundary),
      body: withoutBoundary(Buffer.concat(chunks).toString('latin1')),
    };
    this.requests.push(raw);
    this.handler(response, raw);
  }
}

/** `fetch` draws the boundary of a form at random. */
function withoutBoundary(text: string): string {
  return text.replaceAll(/-*formdata-undici-\d+/g, 'boundary');
}

/** The member that the library adds to the body of a stream whose usage it asks for. */
export const ASKED = '"stream_options":{"include_usage":true},';

/** The request as the application sent it, where the library asked for usage. */
export function withoutAsking(request: RawRequest): RawRequest {
  if (!request.body.includes(ASKED)) return request;
  const body = request.body.replace(ASKED, '');
  const headers = request.headers.map((value, index, all) =>
    all[index - 1]?.toLowerCase() === 'content-length' ? String(body.length) : value,
  );
  return { ...request, headers, body };
}
