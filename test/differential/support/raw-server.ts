import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Request exactly as it arrived. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** Names and values in their order and case on the wire. */
  readonly headers: readonly string[];
  /** One character per byte. */
  readonly body: string;
}

type Handler = (response: ServerResponse, request: RawRequest) => void;

/** Server on 127.0.0.1 that records requests. */
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
      // The client disconnected while it sent the body.
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

/** Replaces the boundary of a form, which `fetch` generates at random. */
function withoutBoundary(text: string): string {
  return text.replaceAll(/-*formdata-undici-\d+/g, 'boundary');
}

/** The member that the library adds to the body to request the usage of a stream. */
export const ASKED = '"stream_options":{"include_usage":true},';

/** Reverts the change of the library that requests usage, so that the request is as the application sent it. */
export function withoutAsking(request: RawRequest): RawRequest {
  if (!request.body.includes(ASKED)) return request;
  const body = request.body.replace(ASKED, '');
  const headers = request.headers.map((value, index, all) =>
    all[index - 1]?.toLowerCase() === 'content-length' ? String(body.length) : value,
  );
  return { ...request, headers, body };
}
