import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Json, JsonReply } from './model/emulated-api.js';

/** Reads the body of a request. @throws if the connection breaks. */
export async function readBody(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

export function sendJson(response: ServerResponse, { status, headers, body }: JsonReply): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? 'text/html' : 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/**
 * Writes a chunk and waits for `drain` if necessary. Always yields to the event loop, so that a disconnect is
 * detected. Resolves to false if the client has disconnected.
 */
export async function writeChunk(response: ServerResponse, chunk: string | Buffer): Promise<boolean> {
  if (response.destroyed) return false;
  const fits = response.write(chunk);
  await new Promise<void>((resolve) => {
    if (fits) {
      setImmediate(resolve);
      return;
    }
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
  return !response.destroyed;
}

/** Waits, at most until the client disconnects. */
export function waitWhileOpen(response: ServerResponse, milliseconds: number): Promise<void> {
  if (milliseconds <= 0 || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    response.once('close', done);
  });
}

/** Resolves when the client or the server closes the connection. */
export function untilClosed(response: ServerResponse): Promise<void> {
  return response.destroyed
    ? Promise.resolve()
    : new Promise((resolve) => response.once('close', () => resolve()));
}

/** Sends a file of JSON lines. */
export function sendLines(response: ServerResponse, lines: readonly object[]): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Returns the texts of the files in a `multipart/form-data` body. @throws TypeError if the body is not valid form data. */
export async function readFiles(body: Buffer<ArrayBuffer>, contentType: string): Promise<string[]> {
  const form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
  const files: Array<Promise<string>> = [];
  form.forEach((value) => {
    if (typeof value !== 'string') files.push(value.text());
  });
  return Promise.all(files);
}

/**
 * Parses a `multipart/form-data` body: texts as strings, files as name and size, repeated fields as arrays.
 * @throws TypeError if the body is not valid form data.
 */
export async function readForm(body: Buffer<ArrayBuffer>, contentType: string): Promise<Json> {
  const form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
  const fields: Record<string, unknown> = {};
  form.forEach((value, key) => {
    const field = typeof value === 'string' ? value : { name: value.name, size: value.size };
    const before = fields[key];
    fields[key] = before === undefined ? field : Array.isArray(before) ? [...before, field] : [before, field];
  });
  return fields;
}
