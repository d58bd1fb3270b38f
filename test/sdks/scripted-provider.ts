import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A response of the scripted provider: JSON, events of a stream, or bytes. */
export interface ScriptedReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Chunks of the body, sent one by one. */
  readonly chunks?: readonly string[];
  /** Leaves the stream open after the last chunk, until the client closes it. */
  readonly endless?: boolean;
  readonly bytes?: Uint8Array;
}

/** A server that sends scripted replies in order. */
export interface ScriptedProvider {
  readonly origin: string;
  readonly requests: ReadonlyArray<{ readonly path: string; readonly headers: IncomingMessage['headers'] }>;
  script(...replies: ScriptedReply[]): void;
  stop(): Promise<void>;
}

export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const replies: ScriptedReply[] = [];
  const requests: Array<{ path: string; headers: IncomingMessage['headers'] }> = [];
  const server = createServer((request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers });
    request.resume().on('end', () => send(replies.shift() ?? { status: 500, json: {} }, response));
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    script: (...next) => {
      replies.splice(0, replies.length, ...next);
      requests.length = 0;
    },
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

function send(
  { status = 200, headers, json, chunks, endless, bytes }: ScriptedReply,
  response: ServerResponse,
): void {
  if (bytes) {
    response.writeHead(status, { 'content-type': 'audio/mpeg', ...headers }).end(bytes);
    return;
  }
  if (!chunks) {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json));
    return;
  }
  response.writeHead(status, { 'content-type': 'text/event-stream', ...headers });
  for (const chunk of chunks) response.write(chunk);
  if (!endless) response.end();
}

/** Formats server-sent events without names. */
export function sse(...events: readonly object[]): string[] {
  return events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
}

/** Formats lines of JSON. */
export function ndjson(...events: readonly object[]): string[] {
  return events.map((event) => `${JSON.stringify(event)}\n`);
}
