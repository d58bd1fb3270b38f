import { setImmediate } from 'node:timers/promises';
import type { CutKind } from './pieces.js';

/** Response of a stubbed `fetch`. */
export interface StubAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  /** How the body ends after its chunks. */
  readonly end: CutKind;
  /** The body is a byte stream, as `fetch` creates them. */
  readonly bytes: boolean;
  readonly highWaterMark: number;
  /** Failure that occurs instead of a response. */
  readonly failure: 'none' | 'rejects' | 'throws' | 'no body';
}

/** Observations of the source of a body. */
export interface SourceAccount {
  pulls: number;
  cancelled: unknown[];
  calls: number;
  /** Arguments of `fetch`. */
  given: unknown[];
}

/** Stub of `fetch` that returns one response and records how it is used. */
export class StubFetch {
  readonly account: SourceAccount = { pulls: 0, cancelled: [], calls: 0, given: [] };
  /** Error of the body or the request. */
  readonly error = Object.assign(new TypeError('terminated', { cause: new Error('other side closed') }), {
    code: 'UND_ERR_SOCKET',
  });
  /** Abort controller of the application. */
  readonly abort = new AbortController();

  constructor(private readonly answer: StubAnswer) {}

  readonly fetch: typeof globalThis.fetch = (input, init) => {
    this.account.calls++;
    this.account.given = [input, init];
    const { failure } = this.answer;
    if (failure === 'throws') throw this.error;
    if (failure === 'rejects') return Promise.reject(this.error);
    return Promise.resolve(this.respond());
  };

  private respond(): Response {
    const { status, contentType, failure } = this.answer;
    const headers: Record<string, string> = { 'x-request-id': 'req_1' };
    if (contentType !== null) headers['content-type'] = contentType;
    return new Response(failure === 'no body' ? null : this.body(), { status, headers });
  }

  private body(): ReadableStream {
    const { chunks, bytes, highWaterMark } = this.answer;
    let next = 0;
    const source: UnderlyingDefaultSource<Uint8Array> = {
      pull: (controller) => {
        this.account.pulls++;
        const chunk = chunks[next++];
        // Byte streams detach the buffer and applications may overwrite it, so each side gets a copy.
        if (chunk) controller.enqueue(chunk.slice());
        else return this.end(controller);
      },
      cancel: (reason) => void this.account.cancelled.push(reason),
    };
    if (!bytes) return new ReadableStream(source, { highWaterMark });
    return new ReadableStream({ ...source, type: 'bytes' } as UnderlyingByteSource, { highWaterMark });
  }

  private async end(controller: ReadableStreamDefaultController): Promise<void> {
    // A body with read-ahead must not end in the same turn in which the reader receives its last chunk.
    if (this.answer.highWaterMark > 0) await setImmediate();
    switch (this.answer.end) {
      case 'error':
        return controller.error(this.error);
      case 'abort':
        this.abort.abort();
        return controller.error(this.abort.signal.reason);
      case 'close': {
        controller.close();
        (controller as unknown as ReadableByteStreamController).byobRequest?.respond(0);
      }
    }
  }
}

/** Returns whether the text of the request can be read without consuming it. */
export function canReadRequest(choice: number, form: boolean | undefined): boolean {
  return form === true || choice % 8 !== 7;
}

/** Returns equivalent arguments of `fetch` in different forms. */
export function requestOf(
  path: string,
  body: Readonly<Record<string, unknown>>,
  form: boolean,
  choice: number,
  signal: AbortSignal,
): [input: string | URL | Request, init: RequestInit] {
  const url = `https://api.openai.com${path}`;
  const headers = { authorization: 'Bearer sk-canary', 'content-type': 'application/json' };
  if (form) {
    const data = new FormData();
    for (const [key, value] of Object.entries(body)) data.set(key, value as string);
    return [url, { method: 'POST', headers: { authorization: headers.authorization }, body: data, signal }];
  }
  const text = JSON.stringify(body);
  if (choice % 8 === 6) return [new URL(url), { method: 'POST', headers, body: Buffer.from(text), signal }];
  if (choice % 8 === 7) return [new Request(url, { method: 'POST', headers, body: text }), { signal }];
  return [url, { method: 'POST', headers, body: text, signal }];
}
