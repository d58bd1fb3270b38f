import { once } from 'node:events';
import {
  Agent,
  ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { PassThrough, pipeline, Readable } from 'node:stream';
import { PACKAGES } from '../../../sdks/node-http-clients.js';

/** A request, described by data. */
export interface ClientCase {
  readonly client: string;
  /** How the body is written. */
  readonly writing: string;
  /** How the response is read. */
  readonly reading: string;
  /** Abort before the response, after the bytes that the server sends, or never. */
  readonly abort: 'never' | 'before the response' | 'in the response';
  readonly keepAlive: boolean;
}

/** What an application observes. */
export interface Account {
  readonly status?: number | undefined;
  readonly body?: string | undefined;
  readonly error?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly trailers?: unknown;
}

export interface Sending {
  readonly one: ClientCase;
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Resolves once the request has arrived and the server has sent what it will send. */
  readonly bytesBeforeAbort: number;
  readonly agent: Agent;
}

/** Ways to send the body with `http.request`. */
export const WRITING: Readonly<Record<string, (request: ClientRequest, body: string) => void>> = {
  'end(text)': (request, body) => void request.end(body),
  'end(buffer)': (request, body) => void request.end(Buffer.from(body)),
  'write(text), end()': (request, body) => {
    request.write(body);
    request.end();
  },
  'write in pieces': (request, body) => {
    const bytes = Buffer.from(body);
    for (let at = 0; at < bytes.length; at += 7) request.write(bytes.subarray(at, at + 7));
    request.end();
  },
  'a reused buffer': (request, body) => {
    const bytes = Buffer.from(body);
    const reused = Buffer.alloc(16);
    let at = 0;
    const next = (): void => {
      if (at >= bytes.length) return void request.end();
      const size = bytes.copy(reused, 0, at, at + reused.length);
      at += size;
      request.write(Buffer.from(reused.subarray(0, size)), next);
      reused.fill(0);
    };
    next();
  },
  'hex text': (request, body) => void request.end(Buffer.from(body).toString('hex'), 'hex'),
  'end(text, callback)': (request, body) => void request.end(body, () => {}),
  'a pipe': (request, body) => void Readable.from([Buffer.from(body)]).pipe(request),
  'a pipeline': (request, body) => pipeline(Readable.from([Buffer.from(body)]), request, () => {}),
  'an invalid chunk first': (request, body) => {
    try {
      request.write(7 as unknown as string);
    } catch {
      // The application handles it.
    }
    request.end(body);
  },
  // https://github.com/mswjs/interceptors/issues/684
  'end in the callback of write': (request, body) => void request.write(body, () => request.end()),
  'flushHeaders first': (request, body) => {
    request.flushHeaders();
    request.end(body);
  },
  'end twice': (request, body) => {
    request.end(body);
    request.end();
  },
};

type ReadWay = (response: IncomingMessage, seen: (chunk: Uint8Array | string) => void) => unknown;

/** Ways to read the response of `http.request`. */
export const READING: Readonly<Record<string, ReadWay>> = {
  data: (response, seen) => void response.on('data', seen),
  'setEncoding and data': (response, seen) => void response.setEncoding('utf8').on('data', seen),
  pipe: (response, seen) =>
    new Promise((resolve) => {
      const copy = response.pipe(new PassThrough()).on('data', seen);
      copy.on('end', resolve);
      response.on('aborted', resolve);
    }),
  pipeline: (response, seen) =>
    new Promise((resolve) => pipeline(response, new PassThrough().on('data', seen), resolve)),
  'for await': async (response, seen) => {
    for await (const chunk of response) seen(chunk as Uint8Array);
  },
  readable: (response, seen) =>
    void response.on('readable', () => {
      for (let chunk; (chunk = response.read() as Uint8Array | null) !== null;) seen(chunk);
    }),
  'read by size': (response, seen) =>
    void response.on('readable', () => {
      for (let chunk; (chunk = (response.read(5) ?? response.read()) as Uint8Array | null) !== null;)
        seen(chunk);
    }),
  'paused and resumed': (response, seen) =>
    void response.on('data', (chunk: Uint8Array) => {
      seen(chunk);
      response.pause();
      setImmediate(() => response.resume());
    }),
  resume: (response) => void response.resume(),
  'Readable.toWeb': async (response, seen) => {
    for await (const chunk of Readable.toWeb(response)) seen(chunk as Uint8Array);
  },
};

/** Sends with `http.request` and notes the events that an application sees, without those that depend on timing. */
async function byHttp({ one, url, body, headers, bytesBeforeAbort, agent }: Sending): Promise<Account> {
  const controller = new AbortController();
  const options: RequestOptions = { method: 'POST', headers, agent, signal: controller.signal };
  if (one.writing === 'expect') options.headers = { ...headers, expect: '100-continue' };
  const events: string[] = [];
  let received = 0;
  const chunks: Buffer[] = [];
  const request = httpRequest(url, options);
  const closed = new Promise<void>((resolve) => request.once('close', resolve));
  let error: string | undefined;
  let response: IncomingMessage | undefined;
  let read: Promise<unknown> | undefined;
  const ended = new Promise<void>((resolve) => {
    request.on('error', (reason: NodeJS.ErrnoException) => {
      error = `${reason.name} ${reason.code} ${reason.message}`;
      events.push('request error');
      resolve();
    });
    for (const name of ['finish', 'continue', 'abort', 'upgrade'])
      request.on(name, () => events.push(`request ${name}`));
    request.on('response', (incoming) => {
      response = incoming;
      const abortNow = (): void => {
        if (one.abort === 'in the response' && received >= bytesBeforeAbort) controller.abort();
      };
      for (const name of ['end', 'aborted', 'error', 'close'])
        incoming.on(name, (reason?: NodeJS.ErrnoException) => {
          events.push(`response ${name}`);
          if (name === 'error') error = `${reason!.name} ${reason!.code} ${reason!.message}`;
          if (name === 'close') resolve();
        });
      const seen = (chunk: Uint8Array | string): void => {
        chunks.push(Buffer.from(chunk as string));
        received += chunk.length;
        abortNow();
      };
      read = Promise.resolve(READING[one.reading]!(incoming, seen)).catch((reason: Error) => {
        events.push(`read ${reason.name} ${reason.message}`);
      });
      abortNow();
    });
  });
  if (one.writing === 'expect') request.on('continue', () => request.end(body));
  else WRITING[one.writing]!(request, body);
  if (one.abort === 'before the response') controller.abort();
  await ended;
  await closed;
  await read;
  return {
    status: response?.statusCode,
    body: one.reading === 'resume' ? '' : Buffer.concat(chunks).toString('latin1'),
    error,
    events: [...events].sort(),
    trailers: response?.trailers,
  };
}

/** Sends without a listener for the response: Node.js discards it. */
async function unread({ url, body, headers, agent }: Sending): Promise<Account> {
  const request = httpRequest(url, { method: 'POST', headers, agent }).end(body);
  const events: string[] = [];
  request.on('error', (error: NodeJS.ErrnoException) => events.push(`error ${error.code}`));
  await once(request, 'close').catch(() => {});
  return { events };
}

export const CLIENTS: Readonly<Record<string, (sending: Sending) => Promise<Account>>> = {
  'http.request': byHttp,
  'http.request, unread': unread,
  ...PACKAGES,
};
