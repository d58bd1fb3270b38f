import { setImmediate } from 'node:timers/promises';
import type { CutKind } from './pieces.js';

/** What a `fetch` that needs no network answers. */
export interface StubAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  /** How the body ends behind its chunks. */
  readonly end: CutKind;
  /** Whether the body is a byte stream, as `fetch` makes them, and how much it reads ahead. */
  readonly bytes: boolean;
  readonly highWaterMark: number;
  /** What happens instead of an answer. */
  readonly failure: 'none' | 'rejects' | 'throws' | 'no body';
}

/** What the other end of a body sees of the one who reads it. */
export interface SourceAccount {
  pulls: number;
  cancelled: unknown[];
  calls: number;
  /** What `fetch` was called with. */
  given: unknown[];
}

/** A `fetch` that gives one answer, and the account that it keeps. */
export class StubFetch {
  readonly account: SourceAccount = { pulls: 0, cancelled: [], calls: 0, given: [] };
  /** What the body breaks with, or the request. */
  readonly error = Object.assign(new TypeError('terminated', { cause: new Error('other side closed') }), {
    code: 'UND_ERR_SOCKET',
  });
  /** The application's. */
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
        // A byte stream takes the buffer away, and an application may write over it: each side has its own.
        if (chunk) controller.enqueue(chunk.slice());
        else return this.end(controller);
      },
      cancel: (reason) => void this.account.cancelled.push(reason),
    };
    if (!bytes) return new ReadableStream(source, { highWaterMark });
    return new ReadableStream({ ...source, type: 'bytes' } as UnderlyingByteSource, { highWaterMark });
  }

  private async end(controller: ReadableStreamDefaultController): Promise<void> {
    // What reads ahead of its reader ends when it does: never in the very turn in which the reader takes what is there.
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

/** Whether the text of such a request can be looked at without consuming it. */
export function canReadRequest(choice: number, form: boolean | undefined): boolean {
  return form === true || choice % 8 !== 7;
}

/** Forms of the arguments of fetch, all of the same request. */
export function requestOf(
  path: string,
  body: Readonly<Record<string, unknown>>,
  form: boolean,
  choice: number,
  signal: AbortSignal,
): [input: string | URL | Request, init: RequestInit] {
  const url = `https://llm.example${path}`;
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
